#include "respond/trends/resource_class.hpp"
#include "tests/respond/samples.hpp"

#include <set>
#include <string>

using namespace vedette;
using namespace vedette::respond;
using enum vedette::respond::resource_class;

TEST_CASE("resource class: a resource is told by its spelling, or not at all") {
  struct row {
    const char* why;
    const char* name;
    std::optional<resource_class> is;
  };
  const auto r = GENERATE(values<row>({
      {"a bucket", "arn:aws:s3:::backups", bucket},
      {"what lies in it", "arn:aws:s3:::backups/2026/db.dump", object},
      {"of another partition", "arn:aws-cn:s3:::backups", bucket},
      {"a machine", "arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0", instance},
      {"a snapshot", "arn:aws:ec2:us-east-1::snapshot/snap-0123456789abcdef0", snapshot},
      {"by its id alone", "snap-0123456789abcdef0", snapshot},
      {"a machine by its id", "i-0123456789abcdef0", instance},
      {"a name that only begins like one", "i-love-logs", std::nullopt},
      {"a database's snapshot", "arn:aws:rds:us-east-1:1:cluster-snapshot:nightly", snapshot},
      {"the database", "arn:aws:rds:us-east-1:1:db:orders", database},
      {"a table", "arn:aws:dynamodb:us-east-1:1:table/orders", database},
      {"a function", "arn:aws:lambda:us-east-1:1:function:resize", function},
      {"a user", "arn:aws:iam::111122223333:user/anna", user},
      {"a role", "arn:aws:iam::111122223333:role/app", role},
      {"a session of one", "arn:aws:sts::111122223333:assumed-role/app/i-1", role},
      {"permissions", "arn:aws:iam::aws:policy/AdministratorAccess", policy},
      {"a key", "AKIAIOSFODNN7EXAMPLE", key},
      {"a secret", "arn:aws:secretsmanager:us-east-1:1:secret:db", key},
      {"a cluster", "arn:aws:eks:us-east-1:1:cluster/prod", cluster},
      {"what records", "arn:aws:cloudtrail:us-east-1:1:trail/main", audit_trail},
      {"a service nobody named", "arn:aws:gamelift:us-east-1:1:fleet/f", std::nullopt},
      {"no ARN after all", "arn:", std::nullopt},
      {"GCP's bucket", "projects/_/buckets/backups", bucket},
      {"GCP's object", "projects/_/buckets/backups/objects/db.dump", object},
      {"GCP's machine", "projects/p/zones/europe-west1-b/instances/web-1", instance},
      {"GCP's database", "projects/p/instances/orders", database},
      {"GCP's snapshot", "projects/p/global/snapshots/s1", snapshot},
      {"its key weighs more than the account", "projects/-/serviceAccounts/a@b/keys/k", key},
      {"GCP's cluster", "projects/p/zones/z/clusters/prod", cluster},
      {"with its host", "//cloudfunctions.googleapis.com/projects/p/locations/l/functions/f",
       function},
      {"Azure's machine",
       "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/web",
       instance},
      {"in whatever case", "/SUBSCRIPTIONS/S/PROVIDERS/MICROSOFT.COMPUTE/SNAPSHOTS/S1", snapshot},
      {"Azure's account of storage",
       "/subscriptions/s/providers/Microsoft.Storage/storageAccounts/a", bucket},
      {"a container", "acme.blob.core.windows.net/backups", bucket},
      {"a blob", "https://acme.blob.core.windows.net/backups/db.dump", object},
      {"a vault", "acme.vault.azure.net/secrets/db", key},
      {"what right was given",
       "/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/r", role},
      {"a policy", "/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/p",
       policy},
      {"a shared file", "https://acme.sharepoint.com/sites/hr/plan.docx", object},
      {"a bare name", "prod-db", std::nullopt},
      {"nothing", "", std::nullopt},
  }));
  INFO(r.why << ": " << r.name);
  CHECK(class_of_resource(r.name) == r.is);
}

TEST_CASE("resource class: an alert is of what most of its resources are") {
  auto a = samples::alert("1", "odd-rule");
  a.resources = {"prod-db", "arn:aws:s3:::b/1", "arn:aws:s3:::b", "arn:aws:s3:::b/2"};
  CHECK(class_of(a) == object);
  a.resources = {"arn:aws:s3:::b", "arn:aws:lambda:r:1:function:f"};
  CHECK(class_of(a) == bucket);
  a.resources = {"arn:aws:lambda:r:1:function:f", "arn:aws:s3:::b"};
  CHECK(class_of(a) == function);
}

TEST_CASE("resource class: without a resource that can be told it is of its rule's kind, then of "
          "who acted") {
  auto a = samples::alert("1", "snapshots-export-multiple");
  a.resources = {"nightly"};
  CHECK(class_of(a) == snapshot);
  a.rule.value = "impossible-travel";
  CHECK(class_of(a) == user);
  a.identity_type = "role";
  CHECK(class_of(a) == role);
  a.identity_type = "anonymous";
  CHECK(class_of(a) == other);
  a.cloud = "k8s";
  a.resources = {"default/web-1"};
  CHECK(class_of(a) == cluster);
}

TEST_CASE("resource class: each has a name of its own") {
  std::set<std::string_view> names;
  for (int c = 0; c < resource_classes; ++c)
    names.insert(to_string(static_cast<resource_class>(c)));
  CHECK(names.size() == resource_classes);
}
