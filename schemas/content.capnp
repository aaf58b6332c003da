# What a generation of content consists of, as the store keeps it (docs/formats/content.md).
#
# Growing this file: add fields at the end with the next number; never renumber, retype or reuse
# one. A reader refuses a kind of document that it has no name for: it could not make the same rules of the rest.
@0xc43669ba8763cce6;
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vedette::wire");

struct ContentManifest {
  generation @0 :UInt64;
  made       @1 :Int64;  # ns since 1970 UTC, the node's clock
  hash       @2 :Data;   # 64 hex digits over kinds, names and digests of the documents
  documents  @3 :List(ContentDocument);  # in the order of kind and name
}

struct ContentDocument {
  kind   @0 :UInt8;  # schemas::document_kind
  name   @1 :Data;   # file, tenant or executor
  digest @2 :Data;   # SHA-256 of the text, 64 hex digits
  kept   @3 :Bool;   # the text is in the store; false: only its digest
}

# A generation with everything that is kept of it, as it travels from node to node.
struct ContentBundle {
  manifest @0 :Data;        # ContentManifest
  texts    @1 :List(Data);  # of the documents that are kept, in the manifest's order, each packed
}
