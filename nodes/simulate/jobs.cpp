#include "nodes/simulate/jobs.hpp"

#include "nodes/simulate/objects.hpp"
#include "nodes/simulate/places.hpp"

#include <algorithm>

namespace vedette::simulate {

namespace {

class job : public task {
 public:
  job(tenant& where, prng random, base::event_time start, std::uint32_t steps, kind k)
      : task{where, random, start, steps}, who_{&where.any(k, random_)} {}

 protected:
  void begin(call& c, std::string_view action, std::string_view agent) {
    bool renewed = false;
    const session& s = session_at(*tenant_, *who_, 0, due_, random_, renewed);
    start_call(c, *tenant_, *who_, s, due_);
    c.what = &find_action(action);
    c.agent = agent;
  }
  /// As `begin`, done by a service on the identity's behalf.
  void begin_by(call& c, std::string_view action, std::string_view service) {
    begin(c, action, {});
    c.invoked_by = service;
  }
  /// Spreads what is left over about `minutes`.
  void spread(std::uint32_t minutes) {
    const std::uint32_t mean = std::max(1U, minutes * 60'000 / std::max(1U, steps_));
    pace(mean / 2, mean + mean / 2);
  }

  identity* who_;
};

/// Copies a backup bucket and the lake away, every night the same way.
class archive_job final : public job {
 public:
  archive_job(tenant& t, prng r, base::event_time start, std::uint32_t n)
      : job{t, r, start, n, kind::backup} {}

 private:
  bool fill(call& c, std::uint32_t step) override {
    const std::uint32_t bucket = step % (lake_buckets + backup_buckets);
    if (step < lake_buckets + backup_buckets) {
      begin(c, "s3:ListObjects", agent);
      c.bucket = tenant_->buckets[bucket];
    } else {
      begin(c, "s3:GetObject", agent);
      use_object(c, bucket, step / (lake_buckets + backup_buckets));
    }
    spread(50);
    return false;
  }
  static constexpr std::string_view agent =
      "Boto3/1.34.14 md/Botocore#1.34.14 ua/2.0 os/linux#5.10.205-195.804.amzn2.x86_64 "
      "md/arch#x86_64 lang/python#3.9.16 exec-env/AWS_ECS_FARGATE";
};

/// Compares the world with its description; twelve things it may not read, the same every night.
class drift_job final : public job {
 public:
  drift_job(tenant& t, prng r, base::event_time start, std::uint32_t n)
      : job{t, r, start, n, kind::drift} {}

 private:
  bool fill(call& c, std::uint32_t step) override {
    constexpr std::string_view allowed[] = {"ec2:DescribeVpcs",
                                            "ec2:DescribeSubnets",
                                            "ec2:DescribeRouteTables",
                                            "ec2:DescribeInstances",
                                            "iam:GetRole",
                                            "iam:GetPolicy",
                                            "lambda:GetFunction20150331v2",
                                            "s3:GetBucketVersioning"};
    constexpr std::string_view refused[] = {"ec2:DescribeFlowLogs",
                                            "ec2:DescribeKeyPairs",
                                            "ec2:DescribeVpcEndpoints",
                                            "ec2:DescribeLaunchTemplates",
                                            "ec2:DescribeNatGateways",
                                            "ec2:DescribeAddresses",
                                            "kms:DescribeKey",
                                            "rds:DescribeDBInstances",
                                            "eks:DescribeCluster",
                                            "dynamodb:DescribeTable",
                                            "secretsmanager:DescribeSecret",
                                            "elasticloadbalancing:DescribeLoadBalancers"};
    static_assert(std::size(refused) == 12);
    const bool no = step % 5 == 4 && step / 5 < std::size(refused);
    begin(c, no ? refused[step / 5] : allowed[step % std::size(allowed)], agent);
    if (c.what->service == "s3")
      c.bucket = tenant_->buckets[bucket_of_app(step)];
    if (no)
      deny(c);
    spread(4);
    return false;
  }
  static constexpr std::string_view agent =
      "APN/1.0 HashiCorp/1.0 Terraform/1.7.3 (+https://www.terraform.io) "
      "terraform-provider-aws/5.36.0 (+https://registry.terraform.io/providers/hashicorp/aws) "
      "aws-sdk-go-v2/1.24.1 os/linux lang/go#1.21.6";
};

/// A baseline stack goes to twelve regions.
class rollout_job final : public job {
 public:
  rollout_job(tenant& t, prng r, base::event_time start, std::uint32_t n)
      : job{t, r, start, n, kind::stackset} {}

 private:
  bool fill(call& c, std::uint32_t step) override {
    constexpr std::string_view order[] = {"cloudformation:CreateStack",
                                          "cloudformation:DescribeStacks",
                                          "config:PutConfigurationRecorder", "ec2:DescribeVpcs"};
    begin_by(c, order[step % std::size(order)], "cloudformation.amazonaws.com");
    c.region = regions()[step / std::size(order) % regions().size()].name;
    spread(25);
    return false;
  }
};

/// AWS Backup copies disk snapshots to the second region.
class copy_job final : public job {
 public:
  copy_job(tenant& t, prng r, base::event_time start, std::uint32_t n)
      : job{t, r, start, n, kind::copier} {}

 private:
  bool fill(call& c, std::uint32_t step) override {
    begin_by(c, step % 4 == 0 ? "backup:StartBackupJob" : "ec2:CopySnapshot",
             "backup.amazonaws.com");
    c.region = regions()[tenant_->second_region].name;
    c.arg[0] = regions()[tenant_->region].name;
    spread(20);
    return false;
  }
};

/// The morning's load arrives and the groups grow.
class scale_job final : public job {
 public:
  scale_job(tenant& t, prng r, base::event_time start, std::uint32_t n)
      : job{t, r, start, n, kind::scaler} {}

 private:
  bool fill(call& c, std::uint32_t step) override {
    begin_by(c, step % 3 == 2 ? "ec2:DescribeInstanceStatus" : "ec2:RunInstances",
             "autoscaling.amazonaws.com");
    if (step % 3 != 2)
      ask_for_machines(c, "m6i.large", random_.between(1, 2), random_);
    spread(90);
    return false;
  }
};

/// An analyst's query fans out over the lake.
class query_job final : public job {
 public:
  query_job(tenant& t, prng r, base::event_time start, std::uint32_t n)
      : job{t, r, start, n, kind::lake} {}

 private:
  bool fill(call& c, std::uint32_t step) override {
    begin_by(c, "s3:GetObject", "athena.amazonaws.com");
    use_object(c, step % lake_buckets, 900'000 + step);
    spread(3);
    return false;
  }
};

/// A dashboard asks faster than the service answers.
class storm_job final : public job {
 public:
  storm_job(tenant& t, prng r, base::event_time start, std::uint32_t n)
      : job{t, r, start, n, kind::task} {}

 private:
  bool fill(call& c, std::uint32_t step) override {
    constexpr std::string_view order[] = {"ec2:DescribeInstances", "ec2:DescribeVolumes",
                                          "monitoring:DescribeAlarms", "logs:DescribeLogStreams",
                                          "elasticloadbalancing:DescribeTargetHealth"};
    begin(c, order[step % std::size(order)],
          "Boto3/1.26.90 Python/3.10.13 Linux/5.10.192-183.736.amzn2.x86_64 "
          "exec-env/AWS_ECS_FARGATE Botocore/1.29.90");
    if (random_.below(4) != 0)
      fail(c, c.what->service == "ec2" ? "Client.RequestLimitExceeded" : "ThrottlingException",
           c.what->service == "ec2" ? "Request limit exceeded." : "Rate exceeded");
    spread(3);
    return false;
  }
};

template <class Job>
std::unique_ptr<task> make(tenant& t, prng random, base::event_time start, std::uint32_t n) {
  return std::make_unique<Job>(t, random, start, n);
}

} // namespace

struct calendar::entry {
  std::uint32_t hour, minute;          ///< local time
  int weekday;                         ///< 0 Sunday … 6; -1 every day
  std::uint32_t permille, least, most; ///< of a tenant's day; below `least` the job does not run
  std::unique_ptr<task> (*make)(tenant&, prng, base::event_time, std::uint32_t);
};

const std::vector<calendar::entry>& calendar::entries() {
  static const std::vector<entry> all{
      {1, 0, -1, 120, 100, 60'000, make<archive_job>}, {2, 30, -1, 6, 12, 40, make<copy_job>},
      {3, 15, -1, 20, 70, 80, make<drift_job>},        {5, 0, 1, 20, 48, 48, make<rollout_job>},
      {7, 50, -1, 4, 6, 24, make<scale_job>},          {10, 20, -1, 8, 24, 300, make<query_job>},
      {11, 5, -1, 15, 40, 150, make<storm_job>},       {16, 40, -1, 15, 40, 150, make<storm_job>}};
  return all;
}

calendar::calendar(world& all, const options& o, std::uint64_t per_tenant_day)
    : all_{&all}, seed_{o.seed}, start_{o.start}, end_{o.start + o.span}, per_tenant_day_{
                                                                              per_tenant_day} {}

std::uint32_t calendar::steps(const entry& e) const {
  const std::uint64_t n = std::min<std::uint64_t>(per_tenant_day_ * e.permille / 1000, e.most);
  return n < e.least ? 0 : static_cast<std::uint32_t>(n);
}

base::event_time calendar::start_of(const entry& e, const tenant& t, base::day_number day) const {
  const auto utc_hour = ((static_cast<int>(e.hour) - t.utc_offset_hours) % 24 + 24) % 24;
  // Never quite on the minute, and never twice at the same second.
  const auto jitter = splitmix(static_cast<std::uint64_t>(day) * 131 + t.index * 7 + e.hour) % 240;
  return base::event_time{std::chrono::sys_days{std::chrono::days{day}}} +
         std::chrono::hours{utc_hour} + std::chrono::minutes{e.minute} +
         std::chrono::seconds{jitter};
}

bool calendar::runs(const entry& e, const tenant& t, base::day_number day) const {
  const std::chrono::weekday weekday{std::chrono::sys_days{std::chrono::days{day}}};
  if (steps(e) == 0 || (e.weekday >= 0 && weekday.c_encoding() != static_cast<unsigned>(e.weekday)))
    return false;
  const auto at = start_of(e, t, day);
  return at >= start_ && at < end_;
}

std::uint64_t calendar::records() const {
  std::uint64_t sum = 0;
  for (base::day_number day = base::day_of(start_); day <= base::day_of(end_); ++day)
    for (const tenant& t : all_->tenants)
      for (const entry& e : entries())
        sum += runs(e, t, day) ? steps(e) : 0;
  return sum;
}

void calendar::plan(base::day_number day, std::vector<std::unique_ptr<task>>& into) const {
  for (tenant& t : all_->tenants) {
    std::uint64_t nth = 0;
    for (const entry& e : entries()) {
      ++nth;
      if (runs(e, t, day))
        into.push_back(
            e.make(t, prng{seed_ + nth, static_cast<std::uint64_t>(day) * 100'003 + t.index},
                   start_of(e, t, day), steps(e)));
    }
  }
}

} // namespace vedette::simulate
