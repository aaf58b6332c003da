#include "ingest/formats/m365_record.hpp"

#include "ingest/formats/microsoft.hpp"
#include "ingest/formats/row_pass.hpp"

namespace vedette::ingest {

namespace {

using mf = m365_field;

constexpr field_name<m365_field> m365_names_list[] = {
    {"Id", mf::id},
    {"OfficeId", mf::id},
    {"CreationTime", mf::created},
    {"TimeGenerated", mf::generated},
    {"Operation", mf::operation},
    {"Workload", mf::workload},
    {"OfficeWorkload", mf::workload},
    {"OrganizationId", mf::organization},
    {"TenantId", mf::tenant},
    {"RecordType", mf::record_type},
    {"ResultStatus", mf::result},
    {"UserId", mf::user},
    {"UserKey", mf::user_key},
    {"UserType", mf::user_type},
    {"ClientIP", mf::address},
    {"ClientIPAddress", mf::address},
    {"ActorIpAddress", mf::actor_address},
    {"ObjectId", mf::object},
    {"OfficeObjectId", mf::object},
    {"UserAgent", mf::user_agent},
    {"AppAccessContext", mf::app_context},
    {"ClientAppId", mf::app_id},
    {"ApplicationId", mf::app_id},
    {"SessionId", mf::session_id},
    {"DeviceProperties", mf::device},
    {"ExtendedProperties", mf::extended},
    {"Parameters", mf::parameters},
    {"Folders", mf::folders},
    {"LogonError", mf::logon_error},
    {"ErrorNumber", mf::error_number},
    {"MailboxOwnerUPN", mf::mailbox_owner},
    {"SiteUrl", mf::site},
    {"FileSizeBytes", mf::file_bytes},
};
constexpr name_table m365_names{m365_names_list};

} // namespace

std::string_view m365_record::text(m365_field field, base::arena& memory) const {
  return scalar_of(row[field], memory);
}

json_value m365_record::value(m365_field field, base::arena& memory) const {
  return opened(row[field], memory);
}

std::string_view read(std::string_view json, json_pass& pass, m365_record& out) {
  out = {};
  const auto wrong = read_row(json, pass, m365_names, out.row.values());
  out.fields = pass.fields();
  return wrong;
}

} // namespace vedette::ingest
