#include "ingest/formats/m365_record.hpp"

#include "ingest/formats/microsoft.hpp"
#include "ingest/formats/row_pass.hpp"

namespace vedette::ingest {

namespace {

using f = m365_field;

constexpr field_name<m365_field> names_list[] = {
    {"Id", f::id},
    {"OfficeId", f::id},
    {"CreationTime", f::created},
    {"TimeGenerated", f::generated},
    {"Operation", f::operation},
    {"Workload", f::workload},
    {"OfficeWorkload", f::workload},
    {"OrganizationId", f::organization},
    {"TenantId", f::tenant},
    {"RecordType", f::record_type},
    {"ResultStatus", f::result},
    {"UserId", f::user},
    {"UserKey", f::user_key},
    {"UserType", f::user_type},
    {"ClientIP", f::address},
    {"ClientIPAddress", f::address},
    {"ActorIpAddress", f::actor_address},
    {"ObjectId", f::object},
    {"OfficeObjectId", f::object},
    {"UserAgent", f::user_agent},
    {"AppAccessContext", f::app_context},
    {"ClientAppId", f::app_id},
    {"ApplicationId", f::app_id},
    {"SessionId", f::session_id},
    {"DeviceProperties", f::device},
    {"ExtendedProperties", f::extended},
    {"Parameters", f::parameters},
    {"Folders", f::folders},
    {"LogonError", f::logon_error},
    {"ErrorNumber", f::error_number},
    {"MailboxOwnerUPN", f::mailbox_owner},
    {"SiteUrl", f::site},
    {"FileSizeBytes", f::file_bytes},
};
constexpr name_table names{names_list};

} // namespace

std::string_view m365_record::text(m365_field field, base::arena& memory) const {
  return scalar_of(row[field], memory);
}

json_value m365_record::value(m365_field field, base::arena& memory) const {
  return opened(row[field], memory);
}

std::string_view read(std::string_view json, json_pass& pass, m365_record& out) {
  out = {};
  const auto wrong = read_row(json, pass, names, out.row.values());
  out.fields = pass.fields();
  return wrong;
}

} // namespace vedette::ingest
