#include "ingest/notices.hpp"

#include "ingest/json_reader.hpp"

namespace vedette::ingest {

std::string_view recognised_notice(std::string_view record) noexcept {
  const auto root = read_value(record);
  if (root.kind != json_kind::object)
    return {};
  const auto text = [&](std::string_view key) { return member(root, key).inner(); };
  if (text("messageType") == "CONTROL_MESSAGE")
    return "CloudWatch Logs control message";
  if (text("messageType") == "DATA_MESSAGE")
    return text("logGroup").starts_with("/aws/eks/") ? "EKS log that is no audit log"
                                                     : "CloudWatch Logs message without log events";
  if (const auto type = text("messageType"); type.starts_with("Configuration") ||
                                             type.starts_with("Compliance") ||
                                             type.starts_with("ConfigRules"))
    return "AWS Config notice without a configuration item";
  const auto category = text("category");
  if (category.starts_with("kube-") || category == "cloud-controller-manager" ||
      category == "cluster-autoscaler" || category == "guard")
    return "AKS log that is no audit log";
  if (member(member(root, "message"), "data") ||
      (member(root, "message") && member(root, "subscription")))
    return "Pub/Sub message that carries no log entry";
  if (text("kind") == "EventList")
    return "audit event list without events";
  if (member(root, "digestS3Object") || member(root, "digestPublicKeyFingerprint"))
    return "CloudTrail digest file";
  if (member(root, "insightDetails") || text("eventType") == "AwsCloudTrailInsight" ||
      text("eventCategory") == "Insight")
    return "CloudTrail Insights statistics";
  const auto source = text("eventSource");
  if (source == "aws:s3" || text("Event") == "s3:TestEvent")
    return source.empty() ? "S3 test notice" : "S3 object notice";
  if (source == "aws:sqs" || (member(root, "messageId") && member(root, "receiptHandle")))
    return "SQS message that carries no CloudTrail record";
  if (text("EventSource") == "aws:sns" || (member(root, "TopicArn") && member(root, "MessageId")))
    return "SNS message that carries no CloudTrail record";
  if (member(root, "detail-type"))
    return "EventBridge event that is not from CloudTrail";
  return {};
}

} // namespace vedette::ingest
