# What the actors of one node ask those of another, beside replication (docs/mesh.md).
#
# Growing this file: add fields at the end with the next number; never renumber, retype or reuse one.
# Bodies of type Data are those of entries.capnp, alert.capnp and tenant.capnp.
@0xb7c0d28f3ae14955;
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vedette::wire");

struct RemoteRequest {
  id        @0 :UInt64;  # the asker's; comes back with the reply
  partition @1 :UInt32;

  union {
    none     @2 :Void;  # a question that asks nothing is damaged
    batch    @3 :Data;  # BatchEntry
    delivery @4 :Data;  # EmittedEntry
    command  @5 :Data;  # TenantEntry
    query    @6 :RemoteQuery;
    identity :group {
      tenant @7 :Data;
      key    @8 :Data;
    }
    quarantine :group {
      tenant @9 :Data;
      limit  @10 :UInt64;
    }
    status @11 :Void;
    park :group {
      home    @12 :UInt32;
      batches @13 :List(Data);  # BatchEntry
    }
    drain  @14 :List(Data);  # BatchEntry that was parked
    parked :group {
      home    @15 :UInt32;
      serving @16 :Bool;  # the home itself asks
    }
    pressure @17 :Data;  # tenant
  }
}

struct RemoteQuery {
  tenant      @0 :Data;
  about       @1 :UInt8;   # actors::tenant_query::about
  id          @2 :Data;
  after       @3 :UInt64;
  before      @4 :UInt64;
  minSeverity @5 :UInt8;
  rule        @6 :Data;
  identity    @7 :Data;
  incident    @8 :Data;
  playbook    @9 :Data;
  state       @10 :UInt8;  # 0: any; else one more than the state of what is asked about
  hasSince    @11 :Bool;
  since       @12 :Int64;
  hasUntil    @13 :Bool;
  until       @14 :Int64;
  limit       @15 :UInt64;
}

struct RemoteReply {
  id        @0 :UInt64;
  partition @1 :UInt32;

  union {
    none  @2 :Void;
    done  @3 :Void;
    error :group {
      code @4 :UInt8;  # base::ec
      text @5 :Data;
    }
    counts :group {
      accepted  @6 :UInt32;
      duplicate @7 :UInt32;
      waiting   @11 :UInt64;  # alerts of the tenant
    }
    text @8 :Data;
    parked :group {
      batches @9 :UInt64;
      oldest  @10 :UInt64;  # index of its entry
    }
    pressure @12 :UInt64;
  }
}

# How far a node's sources are, for the partitions of the others.
struct SourceMarks {
  marks @0 :Data;  # TickEntry
}

# Whom the sender cannot hear.
struct Evidence {
  dead @0 :List(Data);  # node ids
}

# A committed change of an alert, for subscribers at other nodes.
struct Published {
  number   @0 :UInt64;
  alert    @1 :Data;
  incident @2 :Data;
}

# What nodes ask each other about themselves, and what they answer.
struct NodeMessage {
  id @0 :UInt64;  # the asker's; comes back with the answer

  union {
    none     @1 :Void;
    question @2 :UInt8;  # actors::node_question
    error :group {
      code @3 :UInt8;  # base::ec
      text @4 :Data;
    }
    text @5 :Data;  # JSON
  }

  # Of the question `seal`.
  epoch      @6 :UInt64;
  generation @7 :UInt64;
}

# Bytes that all nodes hold whole, or a question for them.
struct SharedBytes {
  what  @0 :UInt8;  # actors::shared_bytes::kind
  name  @1 :Data;
  hash  @2 :Data;   # SHA-256, 64 hex digits
  bytes @3 :Data;
}
