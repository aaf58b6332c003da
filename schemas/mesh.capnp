# What nodes of one cluster say to each other (docs/mesh.md): the frame that packs messages for one
# peer and lane, and the messages of each kind.
#
# Growing this file: add fields at the end with the next number; never renumber, retype or reuse one,
# and let their default mean "as before". `version` rises only when an old reader would misunderstand.
@0xc2b7a4d1e05f9836;
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vedette::wire");

struct MeshFrame {
  version   @0 :UInt16;      # 1
  lane      @1 :UInt8;       # schemas::mesh_lane
  hears     @2 :Bool;        # the sender has heard from process `toProcess` of late
  cluster   @3 :Data;        # frames of another cluster are refused
  sender    @4 :Data;        # node id; must be the one that the connection's key belongs to
  process   @5 :UInt64;      # of the sender; another after a restart
  toProcess @6 :UInt64;      # of the receiver, as far as the sender knows; 0: does not know
  messages  @7 :List(Data);  # none: a heartbeat, or `packed`
  packed    @8 :Data;        # zstd of a MeshFrame that has nothing but messages
  saidAt    @9 :Int64;       # of the control lane: ns of the sender's monotonic clock; 0: not said
  wallTime  @10 :Int64;      # ns of its wall clock then
  heardAt   @11 :Int64;      # `saidAt` of the last such frame from the receiver; 0: none yet
  heldFor   @12 :Int64;      # ns between that one's arrival and `saidAt`
}

# --- between the replicas of one partition: cluster/replica_words.hpp as bytes ---

struct EpochStart {
  epoch @0 :UInt64;
  first @1 :UInt64;
}

# Its index is not here: entries follow each other without holes.
struct ReplicaEntry {
  epoch       @0 :UInt64;
  kind        @1 :UInt8;
  foldVersion @2 :UInt16;
  body        @3 :Data;
}

struct CheckpointManifest {
  id           @0 :UInt64;
  from         @1 :UInt64;
  epoch        @2 :UInt64;
  index        @3 :UInt64;
  history      @4 :List(EpochStart);
  keys         @5 :UInt64;
  bytes        @6 :UInt64;
  chunks       @7 :UInt32;
  checksumHigh @8 :UInt64;
  checksumLow  @9 :UInt64;
}

struct ReplicaMessage {
  partition @0 :UInt32;
  epoch     @1 :UInt64;
  from      @2 :UInt64;  # incarnation of the sender's store
  session   @3 :UInt64;

  union {
    none  @4 :Void;  # a message that says nothing is damaged
    probe @5 :Void;
    standing :group {
      asked     @6 :Bool;
      last      @7 :UInt64;
      committed @8 :UInt64;
      history   @9 :List(EpochStart);
    }
    append :group {
      prevEpoch @10 :UInt64;
      prevIndex @11 :UInt64;
      committed @12 :UInt64;
      entries   @13 :List(ReplicaEntry);
    }
    appended @14 :UInt64;  # through this index
    refused  @15 :UInt64;  # the promised epoch
    chunk :group {
      manifest @16 :CheckpointManifest;
      number   @17 :UInt32;
      bytes    @18 :Data;
    }
    chunkStaged :group {
      id    @19 :UInt64;
      below @20 :UInt32;
    }
    digest :group {
      at   @21 :UInt64;
      high @22 :UInt64;
      low  @23 :UInt64;
    }
  }
}
