#include "ingest/formats/vpc_flow.hpp"

#include "ingest/formats/column_row.hpp"
#include "ingest/joined.hpp"
#include "ingest/mapping/mapped_time.hpp"
#include "ingest/record_id.hpp"

#include <charconv>
#include <fmt/format.h>

namespace vedette::ingest {

namespace {

using std::string_view;

enum class flow_field : std::uint8_t {
  account,
  interface,
  instance,
  attachment,
  resource,
  source,
  target,
  packet_source,
  packet_target,
  port,
  bytes,
  start,
  end,
  action,
  reason,
  status,
  region,
  direction,
  task,
  container,
  count
};

constexpr field_name<flow_field> flow_names_list[] = {
    {"account-id", flow_field::account},
    {"accountid", flow_field::account},
    {"interface-id", flow_field::interface},
    {"interfaceid", flow_field::interface},
    {"instance-id", flow_field::instance},
    {"instanceid", flow_field::instance},
    {"tgw-attachment-id", flow_field::attachment},
    {"tgwattachmentid", flow_field::attachment},
    {"resource-id", flow_field::resource},
    {"resourceid", flow_field::resource},
    {"srcaddr", flow_field::source},
    {"dstaddr", flow_field::target},
    {"pkt-srcaddr", flow_field::packet_source},
    {"pktsrcaddr", flow_field::packet_source},
    {"pkt-dstaddr", flow_field::packet_target},
    {"pktdstaddr", flow_field::packet_target},
    {"dstport", flow_field::port},
    {"bytes", flow_field::bytes},
    {"start", flow_field::start},
    {"end", flow_field::end},
    {"action", flow_field::action},
    {"reject-reason", flow_field::reason},
    {"rejectreason", flow_field::reason},
    {"log-status", flow_field::status},
    {"logstatus", flow_field::status},
    {"region", flow_field::region},
    {"flow-direction", flow_field::direction},
    {"flowdirection", flow_field::direction},
    {"ecs-task-arn", flow_field::task},
    {"ecstaskarn", flow_field::task},
    {"ecs-container-id", flow_field::container},
    {"ecscontainerid", flow_field::container},
};
constexpr name_table flow_names{flow_names_list};

/// What was reached, as "198.51.100.7:443"; a flow shares and grants nothing.
class flow_words final : public effect_words {
 public:
  flow_words(string_view address, string_view port) noexcept : address_{address}, port_{port} {}

  [[nodiscard]] reached whom(string_view) const override { return {}; }
  [[nodiscard]] base::grant_class grants(const json_value&, const reach_sink&,
                                         base::arena&) const override {
    return base::grant_class::none;
  }
  void list_resources(value_list& out, base::arena& memory) const override {
    if (address_.empty())
      return;
    if (port_.empty())
      out.add(address_);
    else if (address_.find(':') != string_view::npos)
      out.add(joined(memory, {"[", address_, "]:", port_}));
    else
      out.add(joined(memory, {address_, ":", port_}));
  }

 private:
  string_view address_, port_;
};

bool is_public(string_view address) noexcept {
  const auto ip = base::ip_address::parse(address);
  return ip && !ip->is_private();
}

bool is_private(string_view address) noexcept {
  const auto ip = base::ip_address::parse(address);
  return ip && ip->is_private();
}

class vpc_flow_reader final : public record_reader {
 public:
  verdict read(string_view json, const format_tools& tools, base::event& e) override {
    const auto wrong = row_.read(json, flow_names, tools.memory);
    if (!wrong.empty())
      return quarantined(wrong);
    auto& memory = tools.memory;
    const auto status = row_[flow_field::status];
    if (status == "NODATA")
      return skipped("VPC flow log: no traffic in the interval");
    if (status == "SKIPDATA")
      return skipped("VPC flow log: AWS left records of the interval out");
    const auto written = row_.first({flow_field::start, flow_field::end});
    if (written.empty())
      return quarantined("no start");
    const auto time = parse_mapped_time(written, time_unit::seconds);
    if (!time)
      return quarantined(
          memory.copy(fmt::format("start '{}' is not a time", written.substr(0, 40))));
    e.time = *time;
    identify(e);
    if (e.identity.empty())
      return quarantined("no interface-id");
    e.source_text = row_.first({flow_field::packet_source, flow_field::source});
    const auto target = row_.first({flow_field::packet_target, flow_field::target});
    if (e.source_text.empty() && target.empty())
      return quarantined("no srcaddr and no dstaddr");
    e.provider = base::cloud::aws;
    e.id = id_from_bytes(json, memory);
    e.account = row_[flow_field::account] == "unknown" ? string_view{} : row_[flow_field::account];
    e.region = row_[flow_field::region];
    e.service = "vpc-flow-logs.amazonaws.com";
    judge(e);
    const auto* entry = tools.activities.find(e.service, e.action);
    if (entry != nullptr)
      e.activity = entry->activity;
    tools.effects.read({json, {}, row_.fields()}, flow_words{target, row_[flow_field::port]}, entry,
                       memory, e);
    if (leaves(e.source_text, target))
      e.bytes = number(flow_field::bytes);
    return {disposition::event, {}};
  }

  std::span<const json_field> fields() const noexcept override { return row_.fields(); }

 private:
  [[nodiscard]] std::uint64_t number(flow_field which) const {
    std::uint64_t n = 0;
    const auto digits = row_[which];
    std::from_chars(digits.data(), digits.data() + digits.size(), n);
    return n;
  }

  /// Nobody signs in to send a packet: who acts, or is reached, is whose interface it is.
  void identify(base::event& e) const {
    e.identity = row_.first({flow_field::instance, flow_field::interface, flow_field::attachment,
                             flow_field::resource, flow_field::task});
    e.workload = row_.first({flow_field::task, flow_field::container, flow_field::instance});
    if (!row_.first({flow_field::task, flow_field::container}).empty())
      e.holder = base::session_class::container;
    else if (!e.workload.empty())
      e.holder = base::session_class::instance;
  }

  /// What a security group turns away is no right that was refused: that is why a rejected flow is
  /// not denied, which would make every scan of a public address a hunt for permissions.
  void judge(base::event& e) const {
    e.action = row_[flow_field::action];
    if (e.action.empty())
      e.action = "FLOW";
    if (e.action == "REJECT") {
      e.result = base::outcome::failed;
      e.error = row_.first({flow_field::reason, flow_field::action});
    }
  }

  /// Whether the flow went out of the cloud's private networks.
  [[nodiscard]] bool leaves(string_view from, string_view to) const {
    const auto direction = row_[flow_field::direction];
    return (direction.empty() ? is_private(from) : direction == "egress") && is_public(to);
  }

  column_row<flow_field> row_;
};

} // namespace

std::unique_ptr<record_reader> make_vpc_flow_reader() {
  return std::make_unique<vpc_flow_reader>();
}

} // namespace vedette::ingest
