-- What Rails 6.1 makes of three tables in SQLite.
CREATE TABLE "users" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "email" varchar(100) NOT NULL, "name" varchar, "admin" boolean DEFAULT 0 NOT NULL, "age" integer, "points" bigint DEFAULT 0, "price" decimal(10,2), "any" decimal, "score" float, "born" date, "at_time" time, "seen_at" datetime, "notes" text, "avatar" blob, "prefs" json, "created_at" datetime(6) NOT NULL, "updated_at" datetime(6) NOT NULL);
CREATE UNIQUE INDEX "index_users_on_email" ON "users" ("email");
CREATE INDEX "index_users_on_name_and_age" ON "users" ("name", "age") WHERE admin = 1;
CREATE TABLE "posts" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "user_id" integer NOT NULL, "title" varchar DEFAULT 'it''s', "state" integer(2) DEFAULT 1, "created_at" datetime(6) NOT NULL, "updated_at" datetime(6) NOT NULL, CONSTRAINT "fk_rails_5b5ddfd518"
FOREIGN KEY ("user_id")
  REFERENCES "users" ("id")
, CONSTRAINT state_pos CHECK (state > 0));
CREATE INDEX "index_posts_on_user_id" ON "posts" ("user_id");
CREATE TABLE "tags" ("id" varchar NOT NULL PRIMARY KEY, "word" varchar);
CREATE TABLE "posts_tags" ("post_id" integer NOT NULL, "tag_id" integer NOT NULL);
CREATE TABLE "schema_migrations" ("version" varchar NOT NULL PRIMARY KEY);
CREATE TABLE "ar_internal_metadata" ("key" varchar NOT NULL PRIMARY KEY, "value" varchar, "created_at" datetime(6) NOT NULL, "updated_at" datetime(6) NOT NULL);
INSERT INTO users VALUES(1,'a0@x','né0',1,0,0,0.5,1,0.0,'2000-01-01','2000-01-01 00:05:06','2020-01-01 00:00:00',NULL,X'00ff30','{"a":0}','2026-11-26 01:56:50.555680','2026-11-26 01:56:50.555680');
INSERT INTO users VALUES(2,'a1@x','né1',0,1,100000000000,1.5,1.1000000000000000888,0.33333333333333331482,'2000-01-02','2000-01-01 01:05:06','2020-01-01 00:00:01',NULL,X'00ff31','{"a":1}','2026-11-26 01:56:50.593360','2026-11-26 01:56:50.593360');
INSERT INTO posts VALUES(1,1,'t',1,'2026-11-26 01:56:50.583307','2026-11-26 01:56:50.583307');
INSERT INTO posts VALUES(2,1,'t',1,'2026-11-26 01:56:50.588888','2026-11-26 01:56:50.588888');
