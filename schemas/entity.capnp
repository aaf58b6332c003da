# What is remembered about one entity (detect/entity_state.hpp), as a checkpoint stores it: packed.
#
# Texts and samples are kept once, in `texts` and `samples`, and named by their place there: the same
# regions, actions and resources occur all over an entity. Numbers are small on purpose, because
# packing leaves zero bytes out: times count `timeUnit`s from `timeBase`, and are zigzag (0, -1, 1,
# -2 … are 0, 1, 2, 3 …).
#
# Growing this file: add fields at the end with the next number; never renumber, retype or reuse
# one. Raise `format` with every addition that a fold depends on: a build that dropped the field
# would go on from another state than the one that was stored, so it must refuse instead.
@0xa10f1f3f3d48b50f;
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vedette::wire");

struct Entity {
  format       @0 :UInt16;        # 1
  folded       @1 :UInt64;        # index of the last log entry folded into it
  timeBase     @2 :Int64;         # ns since 1970 UTC; when the entity was last seen
  timeUnit     @3 :UInt32;        # ns

  texts        @4 :Data;          # back to back
  lengths      @5 :List(UInt32);  # 0xffffffff: 16 bytes of a GUID. Place 0 is the empty text, not listed
  samples      @6 :List(Sample);

  account      @7 :UInt32;        # a place in `texts`
  name         @8 :UInt32;
  provider     @9 :UInt8;         # enumerators are numbers here; base/event.hpp names them
  actor        @10 :UInt8;
  holder       @11 :UInt8;
  firstSeen    @12 :UInt64;       # time
  events       @13 :UInt64;
  networks     @14 :List(Seen);
  services     @15 :List(Seen);
  minutes      @16 :List(UInt32); # minutes since 1970 of the first, then since the one before
  minuteEvents @17 :List(UInt32);

  groups       @18 :List(Group);
}

struct Seen {
  text  @0 :UInt32;
  first @1 :UInt32;  # seconds since 1970
  span  @2 :UInt32;  # seconds from first to last
}

struct Sample {
  time     @0 :UInt64;
  id       @1 :UInt32;
  action   @2 :UInt32;
  identity @3 :UInt32;
  resource @4 :UInt32;
  region   @5 :UInt32;
  source   @6 :UInt32;
  country  @7 :UInt32;
  asn      @8 :UInt32;  # a number, not a text
  record   @9 :UInt32;
  session  @10 :UInt32;  # of a list's first
  name     @11 :UInt32;  # of a list's first
}

struct Group {
  rule         @0 :UInt64;   # the rule's id, and what its state depends on (detect/entity_state.hpp)
  touched      @1 :UInt64;   # time
  group        @2 :UInt32;   # text
  op           @3 :UInt8;    # 0 single, 1 window, 2 sequence, 3 travel
  saidSeverity @4 :UInt8;
  saidState    @5 :UInt8;
  saidPending  @6 :Bool;
  saidOrdinal  @7 :UInt32;
  saidRevision @8 :UInt32;
  saidCount    @9 :UInt64;
  saidVerdicts @10 :UInt64;
  current      @11 :Episode; # absent: none
  next         @12 :Episode;
  window       @13 :Window;  # op 1 only
  steps        @14 :List(Step); # op 2 and 3: events, sightings
  stepsAt      @15 :UInt32;  # place in `samples` of the first step's; the others follow
  saidEarlier  @16 :UInt32;  # episodes counted while the rule had another shape
  saidFigures  @17 :UInt64;  # hash of what the verdict stood on
}

struct Episode {
  since       @0 :UInt64;
  first       @1 :UInt64;
  last        @2 :UInt64;
  lastVerdict @3 :UInt64;
  count       @4 :UInt64;
  verdicts    @5 :UInt64;
  ordinal     @6 :UInt32;
  severity    @7 :UInt8;
  level       @8 :UInt32;    # 0 none, else index + 1
  volume      @9 :UInt32;
  values      @10 :List(Float64);
  usual       @11 :Float64 = -1;
  complete    @12 :Bool = true;
  late        @13 :Bool;
  samplesAt   @14 :UInt32;
  samples     @15 :UInt32;   # how many
}

struct Step {
  marks     @0 :UInt32;
  counted   @1 :Bool;
  held      @2 :Bool;     # op 2
  latitude  @3 :Float32;  # op 3
  longitude @4 :Float32;
}

struct Window {
  base           @0 :Int64;          # bucket number of bit 0
  settledThrough @1 :Int64;
  covered        @2 :UInt64;
  cellPlaces     @3 :List(UInt16);   # bucket * 256 + measure
  cellValues     @4 :List(Float64);
  buckets        @5 :List(Bucket);
  sets           @6 :List(Distinct);
  known          @7 :List(FirstSeen);
  days           @8 :List(Day);
}

struct Bucket {
  first     @0 :UInt64;
  last      @1 :UInt64;
  events    @2 :UInt32;
  marks     @3 :UInt32;
  samplesAt @4 :UInt32;
  samples   @5 :UInt8;
  bucket    @6 :UInt8;
}

struct Distinct {
  sampled @0 :UInt8;
  hashes  @1 :List(UInt64);  # ascending
  masks   @2 :List(UInt64);
}

struct FirstSeen {
  since  @0 :UInt32;         # seconds since 1970; `first` counts from it
  hashes @1 :List(UInt64);   # ascending
  first  @2 :List(UInt32);
  span   @3 :List(UInt32);   # seconds from first to last
}

struct Day {
  value   @0 :Float64;
  day     @1 :Int32;
  measure @2 :UInt8;
  frozen  @3 :Bool;
  sent    @4 :Bool;
}
