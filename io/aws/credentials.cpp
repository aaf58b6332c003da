#include "io/aws/credentials.hpp"

#include "io/aws/credential_services.hpp"
#include "io/aws/profile.hpp"
#include "io/files/text_file.hpp"

#include <fmt/format.h>

#include <mutex>

namespace vedette::io {

namespace {

using base::ec;
using base::error;

constexpr auto renewed_before = std::chrono::minutes{5};

base::result<std::string> text_of(const aws_settings& s, const char* variable, const char* usual) {
  auto path = s.variable(variable);
  if (path.empty() && s.variable("HOME").empty())
    return std::string{};
  if (path.empty())
    path = s.variable("HOME") + usual;
  auto text = read_text(path, std::size_t{1} << 20);
  if (!text && text.err().code == ec::not_found)
    return std::string{};
  return text;
}

std::string name_of(const aws_settings& s) {
  for (const auto& name : {s.profile, s.variable("AWS_PROFILE")})
    if (!name.empty())
      return name;
  return "default";
}

base::result<aws_profile> profile_of(const aws_settings& s) {
  const auto secrets = text_of(s, "AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials");
  if (!secrets)
    return secrets.err();
  const auto config = text_of(s, "AWS_CONFIG_FILE", "/.aws/config");
  if (!config)
    return config.err();
  const auto name = name_of(s);
  auto out = read_profile(*secrets, *config, name);
  if (!out.known && name != "default")
    return error{ec::invalid_argument,
                 fmt::format("looking for AWS credentials: neither ~/.aws/credentials nor "
                             "~/.aws/config has a profile '{}'",
                             name)};
  return out;
}

} // namespace

base::result<aws_settings> complete(aws_settings s) {
  const auto profile = profile_of(s);
  if (!profile)
    return profile.err();
  const auto first = [](std::string& out, std::initializer_list<std::string> rest) {
    for (const auto& r : rest)
      if (out.empty())
        out = r;
  };
  first(s.region, {s.variable("AWS_REGION"), s.variable("AWS_DEFAULT_REGION"), profile->region});
  first(s.ca_file, {s.variable("AWS_CA_BUNDLE")});
  first(s.endpoint_url, {s.variable("AWS_ENDPOINT_URL"), profile->endpoint_url});
  return s;
}

struct aws_credential_chain::impl {
  aws_settings settings;
  std::mutex lock;
  // State below is protected by `lock`.
  std::optional<aws_credentials> known;
  std::function<base::result<aws_credentials>()> source;

  base::result<aws_credentials> look() {
    if (source)
      return source();
    // A profile that was named wins over the environment.
    const auto id = settings.variable("AWS_ACCESS_KEY_ID"),
               secret = settings.variable("AWS_SECRET_ACCESS_KEY");
    if (settings.profile.empty() && !id.empty() && !secret.empty())
      return aws_credentials{id, secret, settings.variable("AWS_SESSION_TOKEN"), {}};
    if (settings.profile.empty())
      if (auto out = of_web_identity(settings); !out || *out)
        return one(std::move(out));
    const auto profile = profile_of(settings);
    if (!profile)
      return profile.err();
    if (profile->credentials)
      return *profile->credentials;
    if (!profile->unspoken.empty())
      return error{ec::denied,
                   fmt::format("looking for AWS credentials: the profile '{}' has them from {}, "
                               "which is not spoken here; export AWS_ACCESS_KEY_ID, "
                               "AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN (`aws configure "
                               "export-credentials --format env` prints them)",
                               name_of(settings), profile->unspoken)};
    for (auto* place : {of_container, of_machine})
      if (auto out = place(settings); !out || *out)
        return one(std::move(out));
    return error{ec::denied,
                 "looking for AWS credentials: there are none in the environment "
                 "(AWS_ACCESS_KEY_ID), in ~/.aws, at the container's endpoint or in the machine's "
                 "metadata; set up one of them"};
  }

  static base::result<aws_credentials> one(base::result<std::optional<aws_credentials>> found) {
    if (!found)
      return found.err();
    return std::move(**found);
  }
};

aws_credential_chain::aws_credential_chain(aws_settings settings)
    : impl_{std::make_unique<impl>()} {
  impl_->settings = std::move(settings);
}
aws_credential_chain::aws_credential_chain(std::function<base::result<aws_credentials>()> source)
    : impl_{std::make_unique<impl>()} {
  impl_->source = std::move(source);
}
aws_credential_chain::~aws_credential_chain() = default;

base::result<aws_credentials> aws_credential_chain::get(base::event_time now) {
  const std::lock_guard held{impl_->lock};
  auto& known = impl_->known;
  if (known && (!known->expires || now + renewed_before < *known->expires))
    return *known;
  auto fresh = impl_->look();
  if (fresh)
    known = *fresh;
  // The old ones are good for some minutes still; the next call tries again.
  else if (known && now < *known->expires)
    return *known;
  return fresh;
}

} // namespace vedette::io
