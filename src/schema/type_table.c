/*
 * type_table.c - the table of rules from SQLite's declared types to PostgreSQL's.
 *
 * Rules of one library stand before those of all.  docs/types.md, "Mirrored
 * types", is this table for people.
 *
 * Sources: the type tables of each library's own SQLite and PostgreSQL backends:
 * sea-query (backend/sqlite/table.rs), Django (db/backends/sqlite3/base.py), Rails
 * (sqlite3_adapter.rb), SQLAlchemy (dialects/sqlite/base.py), Prisma's schema
 * engine, Diesel's inference, GORM's sqlite driver, TypeORM's
 * AbstractSqliteDriver, Doctrine's SQLitePlatform.
 */
#include <stdio.h>
#include <string.h>

#include "type_rules.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

#define NUMBERS   "int8 numeric " MIG__TAIL
#define NARROWER  "int4 " NUMBERS
#define NARROWEST "int2 " NARROWER
#define MOMENTS   " int8 float8 " MIG__TAIL

/* clang-format off */
static const mig__type_rule rules[] = {
    /* ---- one library's own ---- */
    {MIG__SEAORM, MIG__ANY_COLUMN, "|integer|", NARROWER, "declared integer (SeaORM: 32 bits; its version 2 also declares 64 so)"},
    {MIG__DJANGO, MIG__NO_IDENTITY, "|integer|integer unsigned|", NARROWER,
     "declared integer (Django: 32 bits)"},
    {MIG__DJANGO, MIG__ANY_COLUMN, "|smallint unsigned|", NARROWEST,
     "declared smallint unsigned (Django: 16 bits)"},
    {MIG__DJANGO, MIG__ANY_COLUMN, "|char(32)|", "uuid varchar(#) " MIG__TAIL,
     "declared char(32) (Django: UUIDField)"},
    {MIG__DJANGO, MIG__ANY_COLUMN, "|char(39)|", "inet varchar(#) " MIG__TAIL,
     "declared char(39) (Django: GenericIPAddressField)"},
    {MIG__DJANGO, MIG__ANY_COLUMN, "|" MIG__JSON_CHECKED "|", "jsonb json " MIG__TAIL,
     "declared text and checked by json_valid() (Django: JSONField)"},
    {MIG__RAILS, MIG__ANY_COLUMN, "|datetime|", "timestamp(#) timestamp" MOMENTS,
     "declared datetime (Rails: without time zone)"},
    {MIG__RAILS, MIG__ANY_COLUMN, "|integer(1)|integer(2)|", NARROWEST,
     "declared integer of 2 bytes (Rails)"},
    {MIG__RAILS, MIG__ANY_COLUMN, "|integer(3)|integer(4)|", NARROWER,
     "declared integer of 4 bytes (Rails)"},
    {MIG__RAILS, MIG__ANY_COLUMN, "|time|", "time(#):day time:day" MOMENTS,
     "declared time (Rails: behind the day 2000-01-01)"},
    {MIG__ALEMBIC, MIG__NO_IDENTITY, "|integer|", NARROWER, "declared integer (SQLAlchemy)"},
    {MIG__ALEMBIC, MIG__ANY_COLUMN, "|datetime|", "timestamp" MOMENTS,
     "declared datetime (SQLAlchemy: without time zone)"},
    {MIG__PRISMA, MIG__ANY_COLUMN, "|integer|", NARROWER, "declared integer (Prisma: 32 bits)"},
    {MIG__PRISMA, MIG__ANY_COLUMN, "|datetime|datetime_ms|", "timestamp(3):ms timestamp:ms" MOMENTS,
     "declared datetime (Prisma: without time zone, numbers count milliseconds)"},
    {MIG__PRISMA, MIG__ANY_COLUMN, "|decimal|", "numeric(65,30) numeric " MIG__TAIL,
     "declared decimal (Prisma)"},
    {MIG__DIESEL, MIG__ANY_COLUMN, "|integer|", NARROWER, "declared integer (Diesel: 32 bits)"},
    {MIG__DIESEL, MIG__ANY_COLUMN, "|datetime|", "timestamp" MOMENTS,
     "declared datetime (Diesel: without time zone)"},
    {MIG__GORM, MIG__ANY_COLUMN, "|numeric|", "bool numeric " MIG__TAIL,
     "declared numeric (GORM: boolean, where all values are 0 and 1)"},
    {MIG__TYPEORM, MIG__ANY_COLUMN, "|integer|", NARROWER, "declared integer (TypeORM: 32 bits)"},
    {MIG__TYPEORM, MIG__ANY_COLUMN, "|datetime|", "timestamp(#) timestamp" MOMENTS,
     "declared datetime (TypeORM: without time zone)"},
    {MIG__DOCTRINE, MIG__NO_IDENTITY, "|integer|", NARROWER,
     "declared integer (Doctrine: 32 bits)"},
    {MIG__DOCTRINE, MIG__ANY_COLUMN, "|datetime|", "timestamp(0) timestamp" MOMENTS,
     "declared datetime (Doctrine: whole seconds without time zone)"},
    {MIG__DOCTRINE, MIG__ANY_COLUMN, "|char(36)|", "uuid varchar(#) " MIG__TAIL,
     "declared char(36) (Doctrine: guid, where all values are)"},

    /* ---- numbers ---- */
    {0, MIG__IDENTITY, "|integer|", "int8", "the rowid: 64 bits"},
    {0, MIG__ANY_COLUMN, "|boolean|bool|logical|tinyint(1)|bit|bit(1)|", "bool " NUMBERS,
     "declared boolean"},
    {0, MIG__ANY_COLUMN,
     "|smallint|int2|tinyint|int1|short|byte|year|int16|uint8|tinyint unsigned|unsigned tinyint|"
     "smallserial|serial2|",
     NARROWEST, "declared with 16 bits or fewer"},
    {0, MIG__ANY_COLUMN,
     "|int4|mediumint|int3|middleint|int32|uint16|smallint unsigned|unsigned smallint|"
     "mediumint unsigned|unsigned mediumint|serial|serial4|",
     NARROWER, "declared with 32 bits or fewer"},
    {0, MIG__ANY_COLUMN,
     "|unsigned bigint|bigint unsigned|unsigned big int|big int unsigned|uint64|ulong|"
     "unsigned int8|int8 unsigned|",
     "int8 numeric(20,0) numeric " MIG__TAIL, "declared as an unsigned integer of 64 bits"},
    {0, MIG__ANY_COLUMN, "|bigint|big int|int8|int64|long|bigserial|serial8|", NUMBERS,
     "declared with 64 bits"},
    {0, MIG__ANY_COLUMN,
     "|integer|int|integer unsigned|int unsigned|unsigned int|unsigned integer|unsigned|uint32|",
     NUMBERS, "declared integer: SQLite's have 64 bits"},
    {0, MIG__ANY_COLUMN, "|float4|", "float4 float8 numeric " MIG__TAIL, "declared float4"},
    {0, MIG__ANY_COLUMN,
     "|real|float|double|double precision|float8|float64|float32|single|binary_double|"
     "binary_float|long double|",
     "float8 numeric " MIG__TAIL, "declared as a floating-point number: SQLite's are doubles"},
    {0, MIG__ANY_COLUMN,
     "|numeric|decimal|dec|number|fixed|numeric_text|decimal_text|real_money|real_decimal|",
     "numeric(#) numeric " MIG__TAIL, "declared as a decimal"},
    {0, MIG__ANY_COLUMN, "|money|", "numeric(19,4) numeric " MIG__TAIL,
     "declared money: four digits, whatever lc_monetary says"},
    {0, MIG__ANY_COLUMN, "|smallmoney|", "numeric(10,4) numeric " MIG__TAIL, "declared smallmoney"},

    /* ---- texts and bytes ---- */
    {0, MIG__ANY_COLUMN,
     "|varchar|nvarchar|character varying|char varying|varying character|varchar2|nvarchar2|"
     "national character varying|nchar varying|native character varying|"
     "char|nchar|character|native character|national character|national char|",
     "varchar(#) " MIG__TAIL, "declared as characters"},
    {0, MIG__ANY_COLUMN, "|bpchar|", "bpchar(#) varchar(#) " MIG__TAIL, "declared bpchar"},
    {0, MIG__ANY_COLUMN,
     "|text|clob|nclob|ntext|tinytext|mediumtext|longtext|long varchar|longvarchar|string|citext|"
     "name|enum_text|",
     MIG__TAIL, "declared as text"},
    {0, MIG__ANY_COLUMN,
     "|blob|bytea|binary|varbinary|tinyblob|mediumblob|longblob|varbinary_blob|image|raw|"
     "long raw|long varbinary|longvarbinary|",
     "bytea bytea:utf8 text:number text:number+utf8", "declared as bytes"},
    {0, MIG__ANY_COLUMN, "|uuid|uuid_text|guid|guid_text|uniqueidentifier|", "uuid " MIG__TAIL,
     "declared uuid"},
    {0, MIG__ANY_COLUMN, "|json|json_text|", "json " MIG__TAIL, "declared json"},
    {0, MIG__ANY_COLUMN, "|jsonb|jsonb_text|", "jsonb json " MIG__TAIL, "declared jsonb"},
    {0, MIG__ANY_COLUMN, "|" MIG__JSON_CHECKED "|", MIG__TAIL, "declared as text"},

    /* ---- times ---- */
    {0, MIG__ANY_COLUMN,
     "|datetime|datetime2|smalldatetime|datetimeoffset|datetimetz|datetime with time zone|"
     "timestamptz|timestamptz_text|timestamp with time zone|timestamp with local time zone|"
     "timestamp_with_timezone_text|",
     "timestamptz(#) timestamptz" MOMENTS, "declared as a moment"},
    {0, MIG__ANY_COLUMN,
     "|timestamp|timestamp_text|datetime_text|timestamp without time zone|"
     "datetime without time zone|",
     "timestamp(#) timestamp" MOMENTS, "declared as a moment without time zone"},
    {0, MIG__ANY_COLUMN, "|" MIG__EPOCH "|", "timestamptz:unit" MOMENTS,
     "declared as a number that counts time"},
    /* A number in a date column is a date of its own, 20240131, more often than a midnight. */
    {0, MIG__ANY_COLUMN, "|date|date_text|", "date int8 timestamp " MIG__TAIL, "declared date"},
    {0, MIG__ANY_COLUMN, "|time|time_text|time without time zone|", "time(#) time" MOMENTS,
     "declared time"},
    {0, MIG__ANY_COLUMN, "|timetz|timetz_text|time with time zone|", "timetz(#) timetz" MOMENTS,
     "declared time with time zone"},
    {0, MIG__ANY_COLUMN, "|interval|duration_text|", "interval(#) interval" MOMENTS,
     "declared interval"},

    /* ---- other types of PostgreSQL ---- */
    {0, MIG__ANY_COLUMN, "|bit_text|", "bit(#) varbit int8 " MIG__TAIL, "declared bit"},
    {0, MIG__ANY_COLUMN, "|bit varying|varbit|varbit_text|", "varbit(#) varbit int8 " MIG__TAIL,
     "declared bit varying"},
    {0, MIG__ANY_COLUMN, "|inet|", "inet " MIG__TAIL, "declared inet"},
    {0, MIG__ANY_COLUMN, "|cidr|", "cidr inet " MIG__TAIL, "declared cidr"},
    {0, MIG__ANY_COLUMN, "|macaddr|", "macaddr macaddr8 " MIG__TAIL, "declared macaddr"},
    {0, MIG__ANY_COLUMN, "|macaddr8|", "macaddr8 " MIG__TAIL, "declared macaddr8"},

    /* ---- none ---- */
    {0, MIG__ANY_COLUMN, "||any|" MIG__BY_VALUES "|",
     "text bytea int8 float8 numeric text:number text:number+utf8 bytea:utf8",
     "the declared type says nothing"},
};
/* clang-format on */

static bool
means(const mig__type_rule *rule, bool identity, const char *words, const char *full)
{
    char wanted[MIG_TYPE_TEXT_MAX + 32];

    if (rule->column != MIG__ANY_COLUMN && (rule->column == MIG__IDENTITY) != identity)
        return false;
    snprintf(wanted, sizeof wanted, "|%s|", full);
    if (strstr(rule->names, wanted) != NULL)
        return true;
    snprintf(wanted, sizeof wanted, "|%s|", words);
    return strstr(rule->names, wanted) != NULL;
}

const mig__type_rule *
mig__type_rule_find(mig__framework framework, bool identity, const char *words, const char *full)
{
    for (size_t i = 0; i < N_OF(rules); i++)
        if ((rules[i].framework == MIG__FRAMEWORK_NONE || rules[i].framework == framework) &&
            means(&rules[i], identity, words, full))
            return &rules[i];
    return NULL;
}
