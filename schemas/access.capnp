# Who may ask a cluster and send to it: the documents `tokens` and `keys` that all its nodes share
# (docs/formats/access.md). Digests of tokens and public halves of keys, never a secret.
#
# Growing this file: add fields at the end with the next number; never renumber, retype or reuse
# one. A field that an earlier build may skip leaves `format` as it is: a node that refuses the document
# goes on with the one before, and whoever was revoked since still gets in there.
@0xd3a7c1f05b9e2684;
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vedette::wire");

struct AccessTokens {
  format  @0 :UInt16;  # 1
  version @1 :UInt64;  # of the document, from 1 on; equal contents of two versions are different bytes
  began   @2 :Data;    # digest of the admin token of the node that made version 1
  tokens  @3 :List(AccessToken);  # in the order of names
}

struct AccessToken {
  name       @0 :Data;
  digest     @1 :Data;        # SHA-256 of the token, 64 hex digits
  roles      @2 :List(Data);  # names; one that a build does not know gives no right there
  tenants    @3 :List(Data);
  allTenants @4 :Bool;
  created    @5 :Int64;       # ns since 1970 UTC, the clock of the node that was asked
  rotated    @6 :Int64;
  createdBy  @7 :Data;
}

struct AccessKeys {
  format  @0 :UInt16;  # 1
  version @1 :UInt64;
  keys    @2 :List(AccessKey);  # in the order of public keys
}

struct AccessKey {
  publicKey @0 :Data;   # Z85, 40 characters
  tenant    @1 :Data;
  source    @2 :Data;
  maySend   @3 :Bool;
  mayListen @4 :Bool;
  created   @5 :Int64;  # ns since 1970 UTC
  isRevoked @6 :Bool;
  revoked   @7 :Int64;  # when, if it is
  createdBy @8 :Data;
}
