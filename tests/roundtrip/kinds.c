/*
 * kinds.c - pairs of types, as applications and their object mappers declare them.
 */
#include "kinds.h"

const char kinds_types[] =
    "CREATE EXTENSION IF NOT EXISTS citext;\n"
    "CREATE TYPE mood AS ENUM ('sad', 'so so', 'it''s', '\xc3\xa9t\xc3\xa9');\n"
    "CREATE TYPE pair AS (n integer, t text, b bytea);\n"
    "CREATE DOMAIN whole AS integer CHECK (value IS NULL OR value > -2147483649);\n"
    "CREATE DOMAIN short AS varchar(12);\n";

const test_kind kinds[] = {
    {"INTEGER", "bigint", make_integer, 8, KIND_KEY | KIND_STRICT},
    {"INT", "integer", make_integer, 4, KIND_KEY | KIND_STRICT},
    {"SMALLINT", "smallint", make_integer, 2, 0},
    {"INTEGER", "whole", make_integer, 4, 0},
    {"BIGINT", "numeric(20,0)", make_integer, 8, KIND_KEY},
    {"BOOLEAN", "boolean", make_boolean, 0, 0},
    {"INTEGER", "boolean", make_boolean, 0, KIND_STRICT},
    {"TEXT", "boolean", make_boolean_text, 0, 0},
    {"REAL", "double precision", make_double, 0, KIND_STRICT},
    {"DOUBLE", "double precision", make_double, 0, 0},
    {"", "double precision", make_double, 0, 0},
    {"TEXT", "double precision", make_double_text, 0, 0},
    {"FLOAT", "real", make_float, 0, 0},
    {"NUMERIC", "numeric", make_number, 0, 0},
    {"NUMERIC", "double precision", make_double, 0, 0},
    {"DECIMAL(10,2)", "numeric(10,2)", make_decimal, 2, 0},
    {"DECIMAL(10,2)", "money", make_decimal, 2, 0},
    {"TEXT", "numeric", make_decimal_text, 0, 0},
    {"VARCHAR(40)", "numeric(16,4)", make_fixed_text, 4, 0},
    {"TEXT", "text", make_text, 0, KIND_STRICT},
    {"TEXT", "text", make_text, 60, KIND_KEY | KIND_STRICT},
    {"CLOB", "text", make_text, 0, 0},
    {"VARCHAR(30)", "varchar(30)", make_text, 30, KIND_KEY},
    {"NVARCHAR", "varchar", make_text, 0, 0},
    {"CHAR(8)", "char(8)", make_padded_text, 8, 0},
    {"TEXT", "short", make_text, 12, 0},
    {"TEXT COLLATE NOCASE", "citext", make_text, 0, 0},
    {"TEXT", "mood", make_label, 0, 0},
    {"TEXT", "xml", make_xml, 0, 0},
    {"", "text", make_text, 0, 0},
    {"BLOB", "bytea", make_blob, 0, KIND_STRICT},
    {"VARBINARY", "bytea", make_blob, 0, 0},
    {"ANY", "bytea", make_blob, 0, KIND_STRICT},
    {"CHAR(36)", "uuid", make_uuid_text, 0, KIND_KEY},
    {"UUID", "uuid", make_uuid_text, 0, KIND_KEY},
    {"CHAR(32)", "uuid", make_uuid_hex, 0, KIND_KEY},
    {"BLOB", "uuid", make_uuid_blob, 0, KIND_KEY | KIND_STRICT},
    {"BINARY(16)", "uuid", make_uuid_blob, 0, KIND_KEY},
    {"uuid_text", "uuid", make_uuid_blob, 0, 0},
    {"TEXT", "timestamptz", make_timestamptz, 6, KIND_KEY | KIND_STRICT},
    {"timestamp_with_timezone_text", "timestamptz(3)", make_timestamptz, 3, 0},
    {"DATETIME", "timestamptz", make_datetime, 6, KIND_KEY},
    {"DATETIME", "timestamp", make_datetime, 6, 0},
    {"TIMESTAMP", "timestamp", make_timestamp, 6, KIND_KEY},
    {"datetime_text", "timestamp(0)", make_timestamp, 0, 0},
    {"INTEGER", "timestamptz", make_epoch, 1, KIND_KEY | KIND_STRICT},
    {"unixepoch_ms", "timestamptz", make_epoch, 1000, 0},
    {"DATE", "date", make_date, 0, KIND_KEY},
    {"TEXT", "date", make_date, 0, KIND_STRICT},
    {"TIME", "time", make_time, 6, 0},
    {"TEXT", "time(2)", make_time, 2, 0},
    {"TEXT", "timetz", make_timetz, 6, 0},
    {"TEXT", "interval", make_interval, 6, 0},
    {"TEXT", "json", make_json, 0, 0},
    {"JSON", "json", make_json_value, 0, 0},
    {"TEXT", "jsonb", make_jsonb, 0, 0},
    {"TEXT", "inet", make_inet, 0, 0},
    {"TEXT", "cidr", make_cidr, 0, 0},
    {"TEXT", "macaddr", make_macaddr, 0, 0},
    {"VARCHAR", "macaddr8", make_macaddr8, 0, 0},
    {"TEXT", "bit(11)", make_bits, 11, 0},
    {"TEXT", "bit varying", make_some_bits, 70, 0},
    {"BOOLEAN", "bit(1)", make_boolean, 0, 0},
    {"TEXT", "integer[]", make_integers, 0, 0},
    {"TEXT", "text[]", make_texts, 0, 0},
    {"TEXT", "double precision[]", make_floats, 0, 0},
    {"TEXT", "bytea[]", make_byteas, 0, 0},
    {"TEXT", "timestamptz[]", make_moments, 0, 0},
    {"TEXT", "interval[]", make_lengths, 0, 0},
    {"TEXT", "int4range", make_range, 0, 0},
    {"TEXT", "tstzrange", make_moment_range, 0, 0},
    {"TEXT", "point", make_point, 0, 0},
    {"TEXT", "tsvector", make_tsvector, 0, 0},
    {"TEXT", "pg_lsn", make_lsn, 0, 0},
    {"TEXT", "pair", make_pair, 0, 0},
};

const size_t n_kinds = sizeof kinds / sizeof kinds[0];

const test_kind *
kind_of_integer(void)
{
    return &kinds[0];
}
