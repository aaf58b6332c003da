# Bodies of the ingest protocol's frames (docs/formats/ingest-wire.md). The frame's type byte says
# which of these structs its body is.
#
# Growing this file: add fields at the end with the next number; never renumber, retype or reuse
# one, and let their default mean "as before". A new kind of frame is a new type byte and a struct
# here; an old node answers it with an ERROR frame. tests/data/frames/ keeps frames of every version.
@0x8fa710a3bcae4630;
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vedette::wire");

struct Hello {
  source         @0 :Data;    # collector and stream, 1..256 bytes
  session        @1 :UInt64;  # random at each start of the collector
  committedBelow @2 :UInt64;  # in the answer: every sequence below is durable
  software       @3 :Data;    # name and version, for people
}

struct Batch {
  source   @0 :Data;
  session  @1 :UInt64;
  sequence @2 :UInt64;      # 1-based within the session
  records  @3 :List(Data);  # raw vendor records
}

struct Ack {
  session     @0 :UInt64;
  sequence    @1 :UInt64;
  accepted    @2 :UInt32;
  duplicate   @3 :UInt32;
  quarantined @4 :UInt32;
  skipped     @5 :UInt32;
  pending     @6 :UInt32;
}

struct Credit {
  batches @0 :UInt32;
}

struct End {
  source  @0 :Data;
  session @1 :UInt64;
}

struct Error {
  code     @0 :UInt8;   # base::ec
  sequence @1 :UInt64;  # the batch it is about; 0: the connection
  text     @2 :Data;
}
