# One alert: the body of emitted and arrived log entries, and what aggregators receive.
#
# Growing this file: add fields at the end with the next number; never renumber, retype or reuse
# one. Enumerators are numbers here (base/alert.hpp names them); a new one may be written only when
# every node of a cluster reads it, because a reader refuses a number that it has no name for.
@0xb164ec5084e939ea;
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vedette::wire");

struct Alert {
  id               @0 :Data;    # 32 hex digits
  tenant           @1 :Data;
  rule             @2 :Data;
  title            @3 :Data;
  severity         @4 :UInt8;
  control          @5 :UInt8;
  state            @6 :UInt8;
  revision         @7 :UInt32;
  attack           @8 :List(Pair);  # tactic, technique

  kind             @9 :UInt8;
  entity           @10 :Data;
  episode          @11 :UInt32;

  time             @12 :Int64;  # ns since 1970 UTC
  firstEvent       @13 :Int64;
  lastEvent        @14 :Int64;
  count            @15 :UInt64;
  suppressed       @16 :UInt64;
  late             @17 :Bool;
  baselineComplete @18 :Bool;

  cloud            @19 :Data;
  account          @20 :Data;
  regions          @21 :List(Data);
  identityId       @22 :Data;
  identityType     @23 :Data;
  identityName     @24 :Data;
  session          @25 :Data;
  ips              @26 :List(Data);
  asns             @27 :List(UInt32);
  countries        @28 :List(Data);
  resources        @29 :List(Data);
  events           @30 :List(Data);

  why              @31 :Data;
  evidence         @32 :List(Pair);  # name, JSON

  claim            @33 :VolumeClaim;  # absent: none
}

# A volume beyond the identity's own past, for the aggregator to judge how wide it is new.
struct VolumeClaim {
  measure     @0 :Data;
  value       @1 :Float64;
  factor      @2 :Float64;
  days        @3 :Int32;
  day         @4 :Int32;
  forIdentity @5 :UInt8;  # severities
  forAccount  @6 :UInt8;
  forTenant   @7 :UInt8;
}

struct Pair {
  first  @0 :Data;
  second @1 :Data;
}
