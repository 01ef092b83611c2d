-- m20260227_000002_remove_event_cleanup_tasks, PostgreSQL.
--
-- The task that cleaned up controller_events has nothing left to do.

DELETE FROM scheduled_tasks WHERE task_type = 'event_cleanup';
