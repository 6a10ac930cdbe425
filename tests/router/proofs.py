"""Rows of the router's fault catalogue (tests/router/faults.py) that other tests prove, and those not the router's."""

from __future__ import annotations

ROUTER, RECORDER = "tests/router/", "tests/recorder/"
NEIGHBOURS = "tests/e2e/test_neighbours.py::"
OUTBOX = "tests/hft/test_outbox.py::"
PROVED: dict[str, tuple[str, ...]] = {
    "6.4 market/split over night": (
        ROUTER + "test_fault_rows.py::test_a_split_over_night_freezes_its_symbol_until_a_person_resumes",
    ),
    "6/1": (
        "tests/simulation/test_promises.py::test_a_crash_at_each_step_of_the_routers_turns_costs_nothing",
        ROUTER + "test_live.py::test_killed_hundreds_of_times_and_at_every_mark_the_books_agree",
    ),
    "6/2": (ROUTER + "test_live.py::test_killed_hundreds_of_times_and_at_every_mark_the_books_agree",),
    "6/3": (
        ROUTER + "test_live.py::test_frozen_it_is_flattened_past_it_and_agrees_when_it_wakes",
        ROUTER + "test_guardian.py::test_ten_seconds_of_silence_cancel_everything_once_and_again_while_it_lasts",
        RECORDER + "test_alerts.py::test_a_guardian_that_acts_is_told_once_for_each_silence_and_when_it_ends_otherwise",
        ROUTER + "test_reconcile.py::test_a_router_that_stood_still_looks_before_it_takes_new_risk",
    ),
    "6/4": (
        ROUTER + "test_two_routers.py::test_a_second_router_in_a_home_is_refused_and_the_first_trades_on",
        ROUTER + "test_two_routers.py::test_an_orphan_keeps_a_new_router_out_until_it_has_cancelled_and_gone",
        ROUTER + "test_two_routers.py::test_a_router_of_another_home_on_the_same_account_is_refused",
        ROUTER + "test_account_lock.py::test_a_second_process_on_the_same_key_is_refused",
        "tests/hft/test_process.py::test_it_ends_at_once_when_its_parent_is_not_the_supervisor",
    ),
    "6/5": ("tests/e2e/test_homes.py::test_two_fleets_live_side_by_side_and_one_dies_with_its_supervisord",),
    "6/7": (
        ROUTER + "test_truth.py::test_an_unknown_order_counts_against_the_limits_until_it_is_resolved",
        ROUTER + "test_truth.py::test_not_found_is_no_proof_before_the_request_can_no_longer_arrive",
    ),
    "6/9": (ROUTER + "test_truth.py::test_must_be_unique_means_that_the_order_may_live",),
    "6/12": (
        ROUTER + "test_rest.py::test_a_server_that_never_answers_costs_the_read_timeout_and_is_unknown",
        ROUTER + "test_rest.py::test_a_slow_call_does_not_stand_before_a_cancel",
    ),
    "6/14": (
        ROUTER + "test_reconcile.py::test_refused_keys_halt_the_account_and_no_order_leaves_until_they_are_taken_again",
        ROUTER + "test_reconcile.py::test_a_blocked_account_is_halted_until_it_is_not",
        ROUTER + "test_reconcile.py::test_a_broker_that_refuses_is_asked_less_and_less_often",
        ROUTER + "test_fault_rows.py::test_what_a_person_must_hear_of_is_told_once_and_is_an_alert",
        ROUTER + "test_lockout.py::test_refused_keys_are_told_once_with_what_to_do_and_so_is_their_end",
        ROUTER + "test_lockout.py::test_a_blocked_account_is_told_and_so_is_that_it_is_free",
        RECORDER + "test_alerts.py::test_a_broker_that_shuts_us_out_is_told_with_what_to_do_and_its_end_too",
    ),
    "6/15": (
        ROUTER + "test_fault_rows.py::test_five_minutes_without_a_broker_end_no_order_and_then_it_trades_and_agrees",
        ROUTER + "test_rest.py::test_a_refused_connection_means_surely_not_sent",
        *(
            f"tests/hft/test_unreachable.py::test_{what}"
            for what in (
                "a_name_that_is_not_found",
                "a_certificate_that_is_not_accepted",
                "a_server_that_speaks_no_tls",
                "a_port_where_nobody_listens",
                "a_server_that_never_answers",
            )
        ),
    ),
    "6/17": (
        ROUTER + "test_replacing.py::test_fills_that_cross_the_move_are_booked_once_and_make_the_new_order_smaller",
    ),
    "6/18": (ROUTER + "test_truth.py::test_a_hundred_fills_of_one_share_and_then_a_cancel",),
    "6/19": (
        ROUTER + "test_truth.py::test_a_lost_fill_is_found_by_the_poll_of_open_orders",
        ROUTER + "test_fault_rows.py::test_what_a_person_must_hear_of_is_told_once_and_is_an_alert",
        ROUTER + "test_unheard.py"
        "::test_a_fill_that_only_asking_found_is_told_when_the_stream_has_not_followed_within_ten_seconds",
        ROUTER + "test_unheard.py::test_a_stream_that_goes_on_losing_is_told_once_in_ten_minutes_with_how_many",
        RECORDER + "test_alerts.py::test_fills_that_the_stream_does_not_tell_of_are_told_with_what_to_do",
    ),
    "6/26": (
        ROUTER + "test_truth.py::test_a_manual_trade_goes_to_the_unclaimed_ledger",
        ROUTER + "test_rest.py::test_a_multi_leg_order_of_somebody_elses_spoils_no_list",
        ROUTER + "test_reconcile.py::test_a_multi_leg_order_of_somebody_elses_keeps_no_round_open",
        ROUTER + "test_orphans.py::test_what_an_orphan_holds_is_held_or_closed_as_the_settings_say",
    ),
    "6/27": (ROUTER + "test_reconcile.py::test_a_start_that_is_told_once_of_nothing_believes_none_of_it",),
    "6/28": (
        ROUTER + "test_journal_lost.py::test_a_router_whose_journal_is_lost_adopts_by_name_cancels_tells_and_agrees",
        ROUTER + "test_withheld.py::test_only_a_new_journal_beside_an_old_record_is_missing",
        ROUTER + "test_truth.py::test_an_order_of_ours_that_the_journal_does_not_know_is_adopted_and_cancelled",
    ),
    "6/29": (
        ROUTER + "test_journal.py::test_a_journal_cut_anywhere_gives_the_records_before_the_cut",
        ROUTER + "test_journal.py::test_a_damaged_record_inside_is_refused_with_its_place",
        ROUTER + "test_journal.py::test_a_missing_segment_is_refused",
        ROUTER + "test_journal.py::test_a_tail_of_zeros_is_cut_whether_or_not_the_last_record_is_whole",
        ROUTER + "test_journal.py::test_a_segment_that_is_there_twice_is_refused_with_its_name",
    ),
    "6/30": (
        ROUTER + "test_journal.py::test_on_a_full_disk_the_reserve_is_given_up_and_it_is_told",
        ROUTER + "test_disk.py::test_a_full_disk_halts_the_account",
        ROUTER + "test_committer.py::test_a_sync_that_fails_is_told_once_and_nothing_that_waited_ever_leaves",
        ROUTER + "test_live.py::test_a_disk_that_refuses_a_sync_halts_cancels_and_ends_the_router",
        ROUTER
        + "test_disks.py::test_where_journal_and_halt_file_are_refused_all_is_cancelled_and_told_and_the_books_agree",
        ROUTER + "test_disks_mounted.py"
        "::test_a_home_that_goes_read_only_ends_the_router_with_all_cancelled_and_agrees_once_mended",
        ROUTER + "test_disks_mounted.py::test_a_guardian_cancels_all_in_a_home_that_went_read_only_and_says_so",
        RECORDER + "test_tape.py::test_a_disk_that_refuses_is_told_once_and_the_ticks_are_counted",
        RECORDER + "test_small_disk.py::test_a_full_disk_stops_nobody_and_what_waited_is_written_when_there_is_room",
        RECORDER + "test_read_only_disk.py"
        "::test_a_read_only_disk_stops_nobody_and_what_waited_is_written_once_it_is_mended",
        RECORDER + "test_read_only_disk.py::test_a_recorder_that_finds_a_read_only_disk_says_what_to_do",
    ),
    "6/32": (
        NEIGHBOURS + "test_a_feed_that_stands_still_costs_the_quotes_and_one_that_is_killed_then_comes_back",
        ROUTER + "test_control.py::test_quotes_that_nobody_can_look_after_are_pulled",
    ),
    "6/33": (NEIGHBOURS + "test_what_a_feed_tells_after_three_seconds_asleep_is_old",),
    "6/38": (
        NEIGHBOURS + "test_a_strategy_that_stands_still_loses_its_orders_and_the_other_trades_on",
        ROUTER + "test_intents.py::test_a_silent_strategy_loses_its_orders_and_keeps_its_position",
    ),
    "6/39": (
        NEIGHBOURS + "test_a_strategy_that_dies_again_and_again_leaves_the_other_alone",
        NEIGHBOURS + "test_a_strategy_that_never_lives_is_given_up_and_the_other_trades_on",
        RECORDER + "test_alerts.py::test_three_starts_within_a_minute_are_a_loop",
    ),
    "6/44": (
        NEIGHBOURS + "test_while_the_recorder_stands_still_all_trade_and_the_record_has_no_hole",
        RECORDER + "test_main.py::test_a_recorder_that_stands_still_loses_nothing",
        OUTBOX + "test_a_recorder_that_is_silent_for_a_minute_does_not_find_the_window_again_and_again",
    ),
    "6/40": (
        ROUTER + "test_floods.py::test_a_strategy_that_floods_the_router_with_nonsense_is_halted",
        ROUTER + "test_floods.py::test_what_cannot_be_read_is_refused_in_words_and_a_thousand_of_it_halt_its_sender",
        ROUTER + "test_floods.py::test_a_process_of_an_old_epoch_that_floods_does_not_halt_its_follower",
        ROUTER + "test_fairness.py::test_a_flood_of_refused_orders_delays_others_less_than_twice_until_it_is_halted",
        ROUTER + "test_fairness.py::test_no_other_flood_delays_others_more_than_twice",
        ROUTER + "test_intents.py::test_a_symbol_of_a_megabyte_is_not_even_answered",
        ROUTER + "test_intents.py::test_ten_thousand_intents_change_nothing_but_counters",
    ),
    "6/41": (ROUTER + "test_intents.py::test_the_same_number_gets_the_same_answer_from_the_next_router_too",),
    "6/31": (
        ROUTER
        + "test_live.py::test_while_the_disk_stalls_cancels_go_within_a_second_no_order_does_and_then_the_books_agree",
        ROUTER + "test_committer.py::test_a_disk_that_stalls_keeps_orders_and_answers_and_lets_cancels_go_at_once",
        ROUTER + "test_disk.py::test_after_ten_seconds_without_a_disk_everything_of_ours_is_cancelled",
    ),
    "6/42": (
        ROUTER
        + "test_opposite_sides.py::test_two_strategies_on_opposite_sides_wash_nothing_and_keep_their_own_ledgers",
        ROUTER + "test_intents.py::test_an_own_order_that_would_be_met_is_a_wash_trade",
        "tests/simulation/test_storms.py::test_every_promise_holds_in_a_storm",
    ),
    "6/46": ("tests/simulation/test_promises.py::test_no_order_leaves_after_a_halt_and_all_are_cancelled",),
    "6/47": (
        ROUTER + "test_flatten.py::test_asking_twice_joins_the_work",
        ROUTER + "test_flatten.py::test_with_the_market_closed_it_cancels_and_says_so",
        ROUTER + "test_panic.py::test_it_goes_on_after_errors",
        "tests/e2e/test_first_trade.py::test_flatten_works_past_a_router_that_is_stopped",
    ),
    "6/50": (
        ROUTER
        + "test_machine_paused.py::test_after_a_pause_of_everything_nothing_goes_out_before_the_books_were_compared",
        ROUTER + "test_reconcile.py::test_a_router_that_stood_still_looks_before_it_takes_new_risk",
        ROUTER + "test_reconcile.py"
        "::test_a_wish_that_lies_before_a_router_that_wakes_up_with_fresh_quotes_waits_for_the_look_too",
    ),
    "6/55": (
        ROUTER + "test_growth.py::test_a_busy_router_grows_no_larger_than_its_bounds",
        ROUTER + "test_intents.py::test_a_flood_of_different_refusals_does_not_flood_the_record",
    ),
    "6/56": (
        ROUTER + "test_control.py::test_an_account_that_loses_too_much_is_halted_flattened_and_latched",
        ROUTER + "test_central.py::test_what_the_recorder_said_long_ago_binds_nobody",
    ),
    "6/58": (
        NEIGHBOURS + "test_an_exchange_that_is_killed_comes_back_with_its_book_and_the_fleet_agrees_and_trades",
        "tests/venue/test_process.py::test_killed_it_comes_back_with_the_same_keys_port_and_truth",
        "tests/venue/test_store.py::test_a_reborn_exchange_tells_the_same_truth",
        "tests/venue/test_store.py::test_a_client_order_id_stays_used_and_new_ids_are_new",
    ),
}
NOT_OURS: dict[str, str] = {
    "6.4 sockets/405 frame": "only the feed subscribes to symbols: tests/feed/test_exchange.py",
    "6.4 orders/over-night GTC": "the router sends DAY and IOC only; somebody else's order is row 6/26",
    "6/43": "the recorder's: tests/recorder/test_main.py",
    "6/45": "the recorder's: tests/recorder/test_discord.py",
    "6/48": "the command line's: tests/e2e/test_first_trade.py",
    "6/51": "the home's: tests/hft/test_home.py",
    "6/52": "the sockets' of every program: tests/hft/test_ports.py",
    "6/54": "the launch's: tests/hft/test_settings.py",
    "6/57": "the command line's: tests/hftctl/test_supervisor.py",
}
