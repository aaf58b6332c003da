# One physical record of a node's log: the entries of one group commit, of any partitions.
#
# Growing this file: add fields at the end with the next number; never renumber, retype or reuse
# one. A change in what a fold makes of an entry is a new foldVersion, not a new field: a build that
# lacks a fold version refuses the store and says so. tests/data/formats/ keeps samples.
@0x901221365ea96942;
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vedette::wire");

struct LogRecord {
  written @0 :Int64;  # ns since 1970 UTC, the node's clock
  entries @1 :List(LogEntry);
}

struct LogEntry {
  partition   @0 :UInt32;
  kind        @1 :UInt8;   # schemas::entry_kind; 12 to 14 are notes of the log about itself, without an index of their own
  foldVersion @2 :UInt16;
  epoch       @3 :UInt64;
  index       @4 :UInt64;  # 1-based within the partition, without holes
  body        @5 :Data;
}

# Where a run of records begins: what the log held before it. Stored beside the first record of the
# run, so that a node that starts reads one run and not the whole log.
struct LogRun {
  firstRecord   @0 :UInt64;
  bytesBefore   @1 :UInt64;  # of all records since the store was made, trimmed ones too
  entriesBefore @2 :UInt64;
  began         @3 :Int64;   # ns since 1970 UTC, the time of its first record
  partitions    @4 :List(UInt32);
  positions     @5 :List(UInt64);  # last index of each before the run
  promised      @6 :List(UInt64);  # and its promised epoch
  resets        @7 :List(UInt64);  # and the index behind which its log was emptied, 0 for never
  histories     @8 :List(List(LogEpoch));
}

# Entries from `first` on were written in this epoch, until the next start.
struct LogEpoch {
  epoch @0 :UInt64;
  first @1 :UInt64;
}

# Body of an entry of kind reset.
struct History {
  starts @0 :List(LogEpoch);
}
