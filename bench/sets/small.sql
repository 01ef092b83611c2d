-- 34 tables t01 to t34; from the third on, each refers to the one with half its number.
DO $$
BEGIN
    FOR k IN 1..34 LOOP
        EXECUTE format(
            'CREATE TABLE t%s (id bigint PRIMARY KEY, parent_id bigint%s, name text NOT NULL,'
            ' active boolean NOT NULL, created_at timestamptz NOT NULL)',
            lpad(k::text, 2, '0'),
            CASE WHEN k >= 3 THEN format(' REFERENCES t%s (id)', lpad((k / 2)::text, 2, '0')) END);
        EXECUTE format('CREATE INDEX t%1$s_name ON t%1$s (name)', lpad(k::text, 2, '0'));
    END LOOP;
END
$$;
