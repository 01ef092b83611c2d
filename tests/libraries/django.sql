-- What Django 3.2 makes of two models in SQLite: each kind of field, indexes, constraints.
CREATE TABLE "django_migrations" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app" varchar(255) NOT NULL, "name" varchar(255) NOT NULL, "applied" datetime NOT NULL);
CREATE TABLE "shop_thing" ("id" char(32) NOT NULL PRIMARY KEY, "name" varchar(50) NOT NULL UNIQUE, "slug" varchar(50) NOT NULL, "text" text NOT NULL, "price" decimal NOT NULL, "rate" real NULL, "n" integer NOT NULL, "big" bigint NULL, "small" smallint NULL, "pos" integer unsigned NOT NULL CHECK ("pos" >= 0), "ok" bool NOT NULL, "maybe" bool NULL, "day" date NULL, "at" datetime NOT NULL, "t" time NULL, "dur" bigint NULL, "ip" char(39) NULL, "data" text NOT NULL CHECK ((JSON_VALID("data") OR "data" IS NULL)), "raw" BLOB NULL, "url" varchar(200) NULL, CONSTRAINT "n_pos" CHECK ("n" >= 0), CONSTRAINT "slug_n" UNIQUE ("slug", "n"));
CREATE INDEX "shop_thing_slug_08cb05c5" ON "shop_thing" ("slug");
CREATE INDEX "thing_at_n" ON "shop_thing" ("at" DESC, "n");
CREATE INDEX "thing_pos" ON "shop_thing" ("n") WHERE "ok";
CREATE UNIQUE INDEX "one_ok" ON "shop_thing" ("n") WHERE ("n" > 100000 AND "ok");
CREATE TABLE "shop_tag" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "word" varchar(20) NOT NULL, "parent_id" bigint NULL REFERENCES "shop_tag" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX "shop_tag_parent_id_7ebec9b6" ON "shop_tag" ("parent_id");
CREATE TABLE "shop_tag_things" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "tag_id" bigint NOT NULL REFERENCES "shop_tag" ("id") DEFERRABLE INITIALLY DEFERRED, "thing_id" char(32) NOT NULL REFERENCES "shop_thing" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE UNIQUE INDEX "shop_tag_things_tag_id_thing_id_fd8da29e_uniq" ON "shop_tag_things" ("tag_id", "thing_id");
CREATE INDEX "shop_tag_things_tag_id_640db801" ON "shop_tag_things" ("tag_id");
CREATE INDEX "shop_tag_things_thing_id_cc112c43" ON "shop_tag_things" ("thing_id");
INSERT INTO shop_thing VALUES('94caa573da5b4d11a630a8fe2f67b463','thing 1 é','s1','',1.0100000000000000088,0.14285714285714284921,1,1000000000000,1,1,0,1,'2020-01-02','2026-11-26 01:55:51.710033','01:01:01.000037',1000001,'10.0.0.1','{"a": [1, null, "\u00e9"]}',X'090ed049b16fd34a0932',NULL);
INSERT INTO shop_thing VALUES('c083e31a15b94434a554cc8f51c524b2','thing 2 é','s2','',2.0200000000000000177,0.28571428571428569842,2,2000000000000,2,1,0,0,'2020-01-03','2026-11-26 01:55:51.717665','02:02:02.000074',2000002,'::1','{"a": [2, null, "\u00e9"]}',X'063e03e19410f5e46adb',NULL);
INSERT INTO shop_tag VALUES(1,'w0',NULL);
INSERT INTO shop_tag VALUES(2,'w1',NULL);
INSERT INTO shop_tag_things VALUES(1,2,'94caa573da5b4d11a630a8fe2f67b463');
