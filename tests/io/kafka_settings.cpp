// The file of librdkafka's settings: read, and refused without telling its secrets.
#include "io/kafka/consumer.hpp"

#include "tests/io/support.hpp"
#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::io::testing;

TEST_CASE("kafka settings: names and values, with comments", "[io][kafka]") {
  const auto read = io::read_kafka_settings("# Event Hubs\r\nsecurity.protocol = SASL_SSL\r\n\n"
                                            "sasl.password=Endpoint=sb://x/;Key=a=\n",
                                            "hubs.conf");
  REQUIRE(read);
  CHECK(read->size() == 2);
  CHECK(read->at("security.protocol") == "SASL_SSL");
  CHECK(read->at("sasl.password") == "Endpoint=sb://x/;Key=a=");
}

TEST_CASE("kafka settings: a mistake is named, its value is not", "[io][kafka]") {
  for (const std::string text :
       {"sasl.password\n", "=secret\n", "group.id=secret\n", "enable.auto.commit = secret\n"}) {
    const auto read = io::read_kafka_settings("a=b\n" + text, "k.conf");
    REQUIRE_FALSE(read);
    CHECK(read.err().code == base::ec::invalid_argument);
    CHECK(says(read.err().context, "k.conf: line 2"));
    CHECK_FALSE(says(read.err().context, "secret"));
  }
  const auto opened =
      io::kafka_consumer::open({"127.0.0.1:1", {"t"}, "g", {{"sasl.pasword", "secret"}}}, {});
  REQUIRE_FALSE(opened);
  CHECK(says(opened.err().context, "'sasl.pasword'"));
  CHECK_FALSE(says(opened.err().context, "secret"));
}
