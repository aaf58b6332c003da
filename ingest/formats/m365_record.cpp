#include "ingest/formats/m365_record.hpp"

#include "ingest/formats/microsoft.hpp"
#include "ingest/formats/row_pass.hpp"

namespace vedette::ingest {

namespace {

using f = m365_field;

constexpr field_name<m365_field> names_list[] = {
    {"id", f::id},
    {"officeid", f::id},
    {"creationtime", f::created},
    {"timegenerated", f::generated},
    {"operation", f::operation},
    {"workload", f::workload},
    {"officeworkload", f::workload},
    {"organizationid", f::organization},
    {"tenantid", f::tenant},
    {"recordtype", f::record_type},
    {"resultstatus", f::result},
    {"userid", f::user},
    {"userkey", f::user_key},
    {"usertype", f::user_type},
    {"clientip", f::address},
    {"clientipaddress", f::address},
    {"actoripaddress", f::actor_address},
    {"objectid", f::object},
    {"officeobjectid", f::object},
    {"useragent", f::user_agent},
    {"appaccesscontext", f::app_context},
    {"clientappid", f::app_id},
    {"applicationid", f::app_id},
    {"sessionid", f::session_id},
    {"deviceproperties", f::device},
    {"extendedproperties", f::extended},
    {"parameters", f::parameters},
    {"folders", f::folders},
    {"logonerror", f::logon_error},
    {"errornumber", f::error_number},
    {"mailboxownerupn", f::mailbox_owner},
    {"siteurl", f::site},
    {"filesizebytes", f::file_bytes},
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
  const auto wrong = read_row(
      json, pass, names, out.row.values(),
      [](std::size_t, od::value&) -> std::optional<simdjson::error_code> { return std::nullopt; });
  out.fields = pass.fields();
  return wrong;
}

} // namespace vedette::ingest
