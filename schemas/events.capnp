# A batch of normalised events of one tenant and source, on disk and between nodes.
#
# The events are columns (docs/formats/events.md): `planes` holds them back to back in the order of
# `column` in schemas/codec/event_columns.hpp; `widths` says how many bytes each value of a column
# takes. A batch of twenty events is common, and one pointer for each of fifty columns would be a
# third of it; that is why the columns are not fields.
#
# Growing this file: add fields at the end with the next number; add columns at the end of the list.
# Never renumber, retype, reorder or reuse one. A reader that does not know a column leaves it out.
# tests/data/formats/ keeps a sample of every version, and a test reads them all.
@0xc0bcfb12508211e3;
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vedette::wire");

struct EventBatch {
  tenant     @0 :Data;    # 1..64 bytes
  source     @1 :Data;    # collector and stream
  generation @2 :UInt64;  # of the rules that matched
  count      @3 :UInt32;  # events
  timeBase   @4 :Int64;   # ns since 1970 UTC of the earliest event
  timeUnit   @5 :UInt32;  # ns; column `time` counts these from timeBase
  widths     @6 :Data;    # bytes a value, 0..8, of each column; 0: every value is 0
  planes     @7 :Data;    # for each column, all lowest bytes, then all second bytes …
  guids      @8 :Data;    # 16 bytes for each event whose idKind is 1, in order
  texts      @9 :Data;    # the dictionaries of the text columns, back to back
  distinct   @10 :List(UInt32);  # entries in the dictionary of each text column
}
