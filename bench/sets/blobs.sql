CREATE TABLE blobs (
    id bigint PRIMARY KEY,
    data bytea NOT NULL
);
