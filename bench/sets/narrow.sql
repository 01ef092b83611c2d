CREATE TABLE narrow (
    id bigint PRIMARY KEY,
    user_id bigint NOT NULL,
    active boolean NOT NULL,
    amount double precision NOT NULL,
    created_at timestamptz NOT NULL,
    note text NOT NULL
);
