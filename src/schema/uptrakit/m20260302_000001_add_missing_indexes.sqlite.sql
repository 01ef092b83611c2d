-- m20260302_000001_add_missing_indexes, SQLite.

CREATE INDEX idx_sessions_user_id_expires_at ON sessions (user_id, expires_at);
CREATE INDEX idx_service_hosts_host_id ON service_hosts (host_id);
CREATE INDEX idx_host_software_items_software_item_id ON host_software_items (software_item_id);
CREATE INDEX idx_hsip_plugin_config_id_package_identifier
    ON host_software_item_plugins (plugin_config_id, package_identifier);
CREATE INDEX idx_mqtt_leases_tenant_id ON mqtt_leases (tenant_id);
CREATE INDEX idx_update_history_created_at ON update_history (created_at);
