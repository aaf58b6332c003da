// What names a generation of content: manifests, documents, config entries.
#include "schemas/codec/content_codec.hpp"

#include "base/hash.hpp"
#include "schemas/codec/checkpoint_codec.hpp"
#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::schemas;

namespace {

content_manifest sample() {
  return {{7},
          base::receive_time{std::chrono::seconds{1'700'000'000}},
          std::string(64, 'a'),
          {{document_kind::rule, "rules/a.yaml", std::string(64, 'b'), true},
           {document_kind::list, "/lists/tor.txt", std::string(64, 'c'), false},
           {document_kind::executor, "webhook", std::string(64, 'd'), true},
           {document_kind::source, "okta.yaml", std::string(64, 'e'), true}}};
}

} // namespace

TEST_CASE("content: a manifest comes back as it went in", "[schemas][content]") {
  const auto back = decode_manifest(encode(sample()));
  REQUIRE(back);
  CHECK(*back == sample());
}

TEST_CASE("content: a manifest that cannot be one is refused and says why", "[schemas][content]") {
  auto no_number = sample();
  no_number.generation = {0};
  auto no_kind = sample();
  no_kind.documents[1].kind = static_cast<document_kind>(0);
  auto later = sample();
  later.documents[1].kind = static_cast<document_kind>(8);
  struct wrong {
    std::string bytes;
    base::ec code;
    const char* why;
  };
  for (const auto& w : {wrong{encode(no_number), base::ec::malformed, "number 0"},
                        {encode(no_kind), base::ec::malformed, "kind 0"},
                        {encode(later), base::ec::unsupported, "a kind of a later build"},
                        {"", base::ec::malformed, "nothing"},
                        {std::string(24, 'x'), base::ec::malformed, "noise"},
                        {encode(sample()).substr(0, 64), base::ec::malformed, "cut short"}}) {
    INFO(w.why);
    const auto back = decode_manifest(w.bytes);
    REQUIRE(!back);
    CHECK(back.err().code == w.code);
  }
}

TEST_CASE("content: a document is its digest's text, or corrupt", "[schemas][content]") {
  for (const std::string& text :
       {std::string{}, std::string{"title: a rule\n"}, std::string(100'000, 'x') + "end"}) {
    const auto digest = base::to_hex(base::sha256(text));
    const auto packed = pack_document(text);
    CHECK(packed.size() < text.size() + 64);
    const auto back = unpack_document(packed, digest);
    REQUIRE(back);
    CHECK(*back == text);
    for (std::size_t i = 0; i < packed.size(); ++i) {
      auto damaged = packed;
      damaged[i] = static_cast<char>(damaged[i] ^ 0x40);
      const auto other = unpack_document(damaged, digest);
      // A bit that nothing depends on may flip; the text is right or refused.
      if (other)
        CHECK(*other == text);
      else
        CHECK(other.err().code == base::ec::corrupt);
    }
    const auto foreign = unpack_document(packed, std::string(64, '0'));
    REQUIRE(!foreign);
    CHECK(foreign.err().code == base::ec::corrupt);
    CHECK(!unpack_document({}, digest));
  }
}

TEST_CASE("content: config entries and a checkpoint's generations come back as they went in",
          "[schemas][content]") {
  const config_entry e{{9}, std::string(64, 'e'), base::receive_time{std::chrono::days{20'000}}};
  const auto back = decode_config_entry(encode(e));
  REQUIRE(back);
  CHECK(*back == e);
  CHECK(!decode_config_entry(encode(config_entry{{0}, "x", {}})));
  partition_checkpoint c;
  c.generations = {{{8}, std::string(64, 'a'), {}}, e};
  const auto checkpoint = decode_partition_checkpoint(encode(c));
  REQUIRE(checkpoint);
  CHECK(*checkpoint == c);
}
