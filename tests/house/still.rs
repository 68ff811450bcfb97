//! What does not hold yet. Each list can only shrink: the tidy test fails for what is new and for what is no longer needed.

/// Modules and tests in another style than the one.
pub(crate) const OTHER_STYLES: &[&str] = &[
    "collector/src/alarms/engine_tests.rs: belongs into a folder, as tests.rs",
    "collector/src/crash_tests.rs: belongs into a folder, as tests.rs",
    "collector/src/database.rs: stands beside a folder of its name: make it the folder's mod.rs",
    "collector/src/intake/task.rs: stands beside a folder of its name: make it the folder's mod.rs",
    "collector/src/intake/tests.rs: stands beside a folder of its name: make it the folder's mod.rs",
    "collector/src/journal/encoding_tests.rs: belongs into a folder, as tests.rs",
    "collector/src/site/defaults.rs: stands beside a folder of its name: make it the folder's mod.rs",
    "dashboard/src/tests.rs: stands beside a folder of its name: make it the folder's mod.rs",
];
/// Files of more than 500 lines.
pub(crate) const LONG_FILES: &[&str] = &[
    "collector/src/history/tests.rs",
    "collector/src/notify/message.rs",
    "collector/tests/embedded_broker.rs",
    "dashboard/web/src/app.css",
    "dashboard/web/src/screens/Alarm.svelte",
    "tests/crash.rs",
];
/// Functions of more than 60 lines.
pub(crate) const LONG_FUNCTIONS: &[&str] = &[
    "agent/tests/delivery.rs a_change_of_a_contact_overtakes_its_poll_and_commands_are_done_once",
    "agent/tests/delivery.rs everything_spooled_arrives_once_though_broker_collector_and_agent_stop_and_start",
    "collector/src/alarms/engine_tests.rs an_alarm_is_raised_told_acknowledged_and_survives_restarts",
    "collector/src/alarms/engine_tests.rs revisions_follow_each_other_and_can_be_read_back",
    "collector/src/availability/services.rs compute",
    "collector/src/crash_tests.rs whatever_was_acknowledged_is_in_the_history_after_a_crash_at_any_instant",
    "collector/src/history/tests.rs lost_batches_and_silence_are_gaps_after_a_restart_too",
    "collector/src/intake/tests/streams.rs a_bad_record_goes_alone_and_a_bad_message_goes_whole",
    "collector/src/journal/encoding_tests.rs item",
    "collector/src/notify/facts.rs gather",
    "collector/src/notify/message.rs facts",
    "dashboard/src/metrics.rs exposition",
    "dashboard/src/routes/report_page.rs the_page_tells_every_interval_and_escapes_names",
    "dashboard/src/routes/site.rs draw",
    "dashboard/src/tests/alarms.rs an_alarm_is_told_acknowledged_once_and_reset",
    "dashboard/src/tests/rig.rs start",
    "src/bench/store.rs measure",
    "src/demo/history.rs play",
    "tests/bad_input.rs on_a_full_disk_nothing_is_acknowledged_that_is_not_stored_and_later_all_is_stored_once",
    "tests/bad_input.rs what_cannot_be_read_is_a_dead_letter_and_the_rest_is_stored",
    "tests/crash.rs what_was_spooled_is_stored_once_and_judged_as_it_was_measured",
    "tests/story.rs mains_fails_and_comes_back",
];
/// Imports within the collector against the drawn direction.
pub(crate) const OTHER_DIRECTIONS: &[&str] = &[
    "broker imports journal",
    "history imports intake",
    "notify imports alarms",
    "notify imports collector",
    "notify imports intake",
    "notify imports words",
];
/// Commands that are named and do not exist.
pub(crate) const NO_COMMANDS: &[&str] = &[];
