CREATE TABLE account (
    id bigint PRIMARY KEY
);
CREATE TABLE narrow (
    id bigint PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES account,
    active boolean NOT NULL,
    amount double precision NOT NULL,
    created_at timestamptz NOT NULL,
    note text NOT NULL
);
CREATE INDEX narrow_user ON narrow (user_id);
CREATE INDEX narrow_created ON narrow (created_at);
