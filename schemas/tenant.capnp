# What an aggregator knows of one tenant (respond/tenant_state.hpp) as a checkpoint stores it, packed;
# and what it is folded from (respond/inputs.hpp): the bodies of the tenant's log entries, not packed.
#
# Times are ns since 1970 UTC. Enumerators are numbers here; the headers of respond name them. Lists
# that were maps ascend by their key.
#
# Growing this file: add fields at the end with the next number; never renumber, retype or reuse
# one. Raise `format` with every addition that a fold depends on: a build that dropped the field
# would go on from another state than the one that was stored, so it must refuse instead. An input
# is grown by a new member of its union, which older builds refuse by themselves.
@0xb3b69401c0948b87;
using Cxx = import "/capnp/c++.capnp";
using import "alert.capnp".Pair;
using import "entries.capnp".DayMaximum;
$Cxx.namespace("vedette::wire");

struct Tenant {
  format            @0 :UInt16;       # 1
  tenant            @1 :Data;
  now               @2 :Int64;

  alerts            @3 :List(KnownAlert);
  alertNumbers      @4 :UInt64;       # the last one given
  leftHashes        @5 :List(UInt64); # hash64 of ids that were forgotten, longest ago first
  leftRevisions     @6 :List(UInt32);

  incidents         @7 :List(Incident);
  incidentKeys      @8 :List(IncidentKey);
  homes             @9 :List(Pair);   # alert, incident
  opened            @10 :UInt64;

  actions           @11 :List(Action);
  planned           @12 :UInt64;
  notPlanned        @13 :UInt64;
  frozen            @14 :Bool;
  frozenBy          @15 :Data;

  series            @16 :List(Series);
  watched           @17 :List(Watched);
  seriesNotStarted  @18 :UInt64;

  trends            @19 :Trends;      # absent: written by a build that did not count
}

struct KnownAlert {
  alert   @0 :Data;  # alert.capnp
  number  @1 :UInt64;
  firstAt @2 :Int64;
  at      @3 :Int64;
}

struct Incident {
  id                @0 :Data;
  number            @1 :UInt64;
  state             @2 :UInt8;
  severity          @3 :UInt8;
  rulesSeverity     @4 :UInt8;
  mergedInto        @5 :Data;
  tookOver          @6 :List(Data);
  title             @7 :Data;
  cloud             @8 :Data;
  account           @9 :Data;
  firstEvent        @10 :Int64;
  lastEvent         @11 :Int64;
  firstVerdict      @12 :Int64;
  lastVerdict       @13 :Int64;
  opened            @14 :Int64;
  changed           @15 :Int64;
  alerts            @16 :List(IncidentAlert);
  alertsNotListed   @17 :UInt64;
  keys              @18 :List(Data);
  rules             @19 :List(Data);
  rulesTitle        @20 :Data;
  timeline          @21 :List(TimelineEntry);
  timelineNotListed @22 :UInt64;
  handledBy         @23 :Data;
  tenant            @24 :Data;
}

struct IncidentAlert {
  id       @0 :Data;
  rule     @1 :Data;
  title    @2 :Data;
  severity @3 :UInt8;
  state    @4 :UInt8;
  time     @5 :Int64;
  identity @6 :Data;
  tactics  @7 :List(Data);
}

struct TimelineEntry {
  at   @0 :Int64;
  what @1 :UInt8;
  text @2 :Data;
  ref  @3 :Data;
}

struct IncidentKey {
  key        @0 :Data;
  incident   @1 :Data;
  identities @2 :List(UInt64);  # hashes, in order of arrival
}

struct Action {
  id              @0 :Data;
  tenant          @1 :Data;
  incident        @2 :Data;
  alert           @3 :Data;
  item            @4 :Data;
  number          @5 :UInt64;
  plan            @6 :ActionPlan;
  planHash        @7 :Data;
  state           @8 :UInt8;
  intentCommitted @9 :Bool;
  attempted       @10 :Bool;   # `attemptedAt` means something
  attempts        @11 :UInt32;
  reason          @12 :Data;
  note            @13 :Data;
  approvals       @14 :List(Approval);
  prior           @15 :List(Pair);
  reverts         @16 :Data;
  plannedAt       @17 :Int64;
  expiresAt       @18 :Int64;
  finishedAt      @19 :Int64;
  attemptedAt     @20 :Int64;
  results         @21 :List(Pair);
  counted         @22 :Bool;   # it took from the hour's budgets
}

struct ActionPlan {
  playbook      @0 :Data;
  step          @1 :Data;
  position      @2 :UInt32;
  kind          @3 :UInt8;
  repeats       @4 :UInt8;
  approval      @5 :UInt8;
  mode          @6 :UInt8;
  stopOnFailure @7 :Bool;
  target        @8 :Data;
  calls         @9 :List(VendorCall);
  inverse       @10 :List(VendorCall);
  timeToLive    @11 :Int64;  # ns
}

struct VendorCall {
  api        @0 :Data;
  parameters @1 :List(Pair);  # in the order of the playbook
}

struct Approval {
  who @0 :Data;
  at  @1 :Int64;
}

struct Series {
  account @0 :Data;  # empty: the whole tenant
  rule    @1 :Data;
  measure @2 :Data;
  newest  @3 :Int32;           # day
  values  @4 :List(Float64);   # 32, day modulo 32; negative: not told
}

struct Watched {
  account @0 :Data;
  since   @1 :Int32;  # day
}

# Counts of alerts (respond/trends/trend_counts.hpp). No fold decides anything by them, so they are the
# one addition that `format` does not tell of: a build that drops them only counts less, and says so.
struct Trends {
  rules       @0 :List(Data);     # in the order of their first alert
  days        @1 :List(TrendDay);
  newest      @2 :Int32;          # day
  exactFrom   @3 :Int32;          # day; 0: all of it is exact
  leftCounted @4 :List(UInt32);   # of Tenant.leftHashes: where each is counted, packed; 0: nowhere
}

struct TrendDay {
  day    @0 :Int32;
  cells  @1 :List(UInt32);  # rule << 16 | severity << 8 | resource class; rule 0xffff: others
  alerts @2 :List(UInt32);  # of each
}

struct TenantInput {
  at @0 :Int64;
  union {
    none             @1 :Void;  # never written: an input of all zero bytes is not one
    alert            @2 :Data;  # alert.capnp
    maxima           @3 :List(DayMaximum);
    command          @4 :Command;
    intents          @5 :List(Intent);
    attempt          @6 :Attempt;
    outcome          @7 :Outcome;
    responderChanged @8 :Void;
    watermark        @9 :Int64;  # of a tick
  }
}

struct Command {
  what     @0 :UInt8;
  id       @1 :Data;
  who      @2 :Data;
  reason   @3 :Data;
  planHash @4 :Data;
}

struct Intent {
  action   @0 :Data;
  planHash @1 :Data;
}

struct Attempt {
  action @0 :Data;
  prior  @1 :List(Pair);
}

struct Outcome {
  action  @0 :Data;
  result  @1 :UInt8;
  text    @2 :Data;
  results @3 :List(Pair);
}
