// Objects, buckets and everything that only looks like them.
#include "respond/buckets.hpp"
#include "tests/support/catch.hpp"

using namespace vedette::respond;

TEST_CASE("bucket: the key of an object's ARN is cut off, other resources have no bucket") {
  struct row {
    const char* resource;
    const char* bucket;
    const char* why;
  };
  const row rows[] = {
      {"arn:aws:s3:::photos/2024/a.jpg", "arn:aws:s3:::photos", "an object"},
      {"arn:aws:s3:::photos", "arn:aws:s3:::photos", "the bucket itself"},
      {"arn:aws:s3:::photos/", "arn:aws:s3:::photos", "a key of nothing"},
      {"arn:aws:s3:::photos/arn:aws:s3:::b/c", "arn:aws:s3:::photos", "a key chosen to mislead"},
      {"arn:aws-cn:s3:::photos/a", "arn:aws-cn:s3:::photos", "another partition"},
      {"arn:aws-us-gov:s3:::photos/a", "arn:aws-us-gov:s3:::photos", "another partition"},
      {"arn:aws:s3:::", "", "no name"},
      {"arn:aws:s3:::/key", "", "no name but a key"},
      {"arn:aws:s3:eu-west-1:111122223333:accesspoint/ap/object/k", "", "an access point"},
      {"arn:aws:dynamodb:eu-west-1:111122223333:table/s3:::x", "", "another service"},
      {"arn:aws", "", "cut short"},
      {"photos/a", "", "a bare name"},
      {"", "", "nothing"},
  };
  for (const auto& r : rows) {
    INFO(r.resource << ": " << r.why);
    CHECK(bucket_of(r.resource) == r.bucket);
  }
}

TEST_CASE("buckets: each occurs once, in order of its first object") {
  CHECK(buckets_of({"arn:aws:s3:::b/1", "orders-db", "arn:aws:s3:::a/1", "arn:aws:s3:::b",
                    "arn:aws:s3:::b/2"}) ==
        std::vector<std::string>{"arn:aws:s3:::b", "arn:aws:s3:::a"});
  CHECK(buckets_of({}).empty());
}
