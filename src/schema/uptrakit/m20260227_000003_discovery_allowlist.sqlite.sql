-- m20260227_000003_discovery_allowlist, SQLite.
--
-- Which kinds of plugins may discover software, per tenant and per host.

CREATE TABLE IF NOT EXISTS tenant_discovery_allowlist (
    id          uuid_text                    NOT NULL PRIMARY KEY,
    tenant_id   uuid_text                    NOT NULL,
    plugin_type varchar                      NOT NULL,
    created_at  timestamp_with_timezone_text NOT NULL,
    FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT
);
CREATE UNIQUE INDEX idx_tenant_discovery_allowlist_tenant_plugin
    ON tenant_discovery_allowlist (tenant_id, plugin_type);

CREATE TABLE IF NOT EXISTS host_discovery_allowlist (
    id          uuid_text                    NOT NULL PRIMARY KEY,
    tenant_id   uuid_text                    NOT NULL,
    host_id     uuid_text                    NOT NULL,
    plugin_type varchar                      NOT NULL,
    created_at  timestamp_with_timezone_text NOT NULL,
    FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT,
    FOREIGN KEY (host_id) REFERENCES hosts (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX idx_host_discovery_allowlist_host_plugin
    ON host_discovery_allowlist (host_id, plugin_type);
CREATE INDEX idx_host_discovery_allowlist_tenant_id ON host_discovery_allowlist (tenant_id);
