#include "io/aws/sqs.hpp"

#include "base/json_writer.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <charconv>

namespace vedette::io {

namespace {

using base::ec;
using base::error;

/// Ten messages of 256 KiB, whatever their escapes make of them.
constexpr std::size_t sqs_answer_bytes_max = std::size_t{32} << 20;

/// "eu-west-1" of "sqs.eu-west-1.amazonaws.com" and "eu-west-1.queue.amazonaws.com"; else empty.
std::string region_in(std::string_view host) {
  if (host.find(".amazonaws.") == std::string_view::npos)
    return {};
  if (host.starts_with("sqs."))
    host.remove_prefix(4);
  return std::string{host.substr(0, host.find('.'))};
}

std::string entries(const std::string& queue, std::span<const std::string> receipts,
                    const std::chrono::seconds* hidden) {
  VEDETTE_ASSERT(!receipts.empty() && receipts.size() <= sqs_batch_max);
  base::json_writer w;
  w.begin_object().member("QueueUrl", queue).key("Entries").begin_array();
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    w.begin_object().member("Id", std::to_string(i)).member("ReceiptHandle", receipts[i]);
    if (hidden != nullptr)
      w.member("VisibilityTimeout", std::int64_t{hidden->count()});
    w.end_object();
  }
  w.end_array().end_object();
  return std::string{w.text()};
}

std::string text_in(simdjson::dom::element from, std::string_view name) {
  std::string_view out;
  return from[name].get(out) == simdjson::SUCCESS ? std::string{out} : std::string{};
}

} // namespace

sqs_client::sqs_client(std::string queue, aws_request base,
                       std::shared_ptr<aws_credential_chain> chain, const std::string& ca_file)
    : queue_{std::move(queue)}, base_{std::move(base)}, client_{std::move(chain),
                                                                sqs_answer_bytes_max, ca_file} {}

base::result<sqs_client> sqs_client::open(std::string queue, aws_settings settings,
                                          std::shared_ptr<aws_credential_chain> chain) {
  const auto host_at = queue.find("://");
  const auto path_at = host_at == std::string::npos ? host_at : queue.find('/', host_at + 3);
  if (path_at == std::string::npos || !queue.starts_with("http"))
    return error{ec::invalid_argument, fmt::format("--sqs {}: not the URL of a queue; write "
                                                   "https://sqs.REGION.amazonaws.com/ACCOUNT/NAME",
                                                   queue)};
  aws_request base;
  base.method = http_method::post;
  base.service = "sqs";
  base.content_type = "application/x-amz-json-1.0";
  base.region = region_in(std::string_view{queue}.substr(host_at + 3, path_at - host_at - 3));
  if (base.region.empty())
    base.region = settings.region;
  if (base.region.empty())
    base.region = "us-east-1";
  base.origin = settings.endpoint_url;
  if (base.origin.empty())
    base.origin = settings.variable("AWS_ENDPOINT_URL_SQS");
  if (base.origin.empty())
    base.origin = queue.substr(0, path_at);
  while (base.origin.ends_with('/'))
    base.origin.pop_back();
  return sqs_client{std::move(queue), std::move(base), std::move(chain), settings.ca_file};
}

base::result<std::string> sqs_client::call(std::string_view action, std::string body) {
  auto request = base_;
  request.headers.set("X-Amz-Target", fmt::format("AmazonSQS.{}", action));
  request.body = std::move(body);
  auto answer = client_.call(request);
  if (!answer)
    return answer.err();
  if (answer->status != 200)
    return aws_error(*answer, fmt::format("{} of the queue {}", action, queue_));
  return std::move(answer->body);
}

base::result<std::vector<sqs_message>> sqs_client::receive(std::chrono::seconds wait,
                                                           std::chrono::seconds hidden) {
  base::json_writer w;
  w.begin_object().member("QueueUrl", queue_).member("MaxNumberOfMessages", int{sqs_batch_max});
  w.member("WaitTimeSeconds", std::int64_t{wait.count()});
  w.member("VisibilityTimeout", std::int64_t{hidden.count()});
  w.array("AttributeNames", std::vector<std::string>{"ApproximateReceiveCount"}).end_object();
  const auto answer = call("ReceiveMessage", std::string{w.text()});
  if (!answer)
    return answer.err();
  std::vector<sqs_message> out;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  simdjson::dom::array list;
  const simdjson::padded_string padded{*answer};
  if (parser.parse(padded).get(root) != simdjson::SUCCESS)
    return error{ec::malformed,
                 fmt::format("receiving from the queue {}: the answer is no JSON; is "
                             "this the address of a queue?",
                             queue_)};
  if (root["Messages"].get(list) != simdjson::SUCCESS)
    return out;
  for (const auto m : list) {
    sqs_message one{text_in(m, "MessageId"), text_in(m, "ReceiptHandle"), text_in(m, "Body"), 1};
    simdjson::dom::element attributes;
    if (m["Attributes"].get(attributes) == simdjson::SUCCESS) {
      const auto count = text_in(attributes, "ApproximateReceiveCount");
      (void)std::from_chars(count.data(), count.data() + count.size(), one.received);
    }
    out.push_back(std::move(one));
  }
  return out;
}

base::status sqs_client::remove(std::span<const std::string> receipts) {
  const auto answer = call("DeleteMessageBatch", entries(queue_, receipts, nullptr));
  return answer ? base::status{} : base::status{answer.err()};
}

base::status sqs_client::hide(std::span<const std::string> receipts, std::chrono::seconds hidden) {
  const auto answer = call("ChangeMessageVisibilityBatch", entries(queue_, receipts, &hidden));
  return answer ? base::status{} : base::status{answer.err()};
}

base::result<bool> sqs_client::has_dead_letters() {
  base::json_writer w;
  w.begin_object().member("QueueUrl", queue_);
  w.array("AttributeNames", std::vector<std::string>{"RedrivePolicy"}).end_object();
  const auto answer = call("GetQueueAttributes", std::string{w.text()});
  if (!answer)
    return answer.err();
  return answer->find("deadLetterTargetArn") != std::string::npos;
}

} // namespace vedette::io
