//! Time that was left out of a recording, and what that does to when something in it was said.

/// When what is kept of a take begins: so long after the begin of the take, of which pauses that were left out are no part. Each is given by its
/// begin and its end.
pub(crate) fn kept_from(start_us: i64, begins_after_us: i64, skipped: &[(i64, Option<i64>)]) -> i64 {
    let (mut at_us, mut left_us) = (start_us, begins_after_us);
    for (begin_us, end_us) in skipped {
        let recorded_us = (begin_us - at_us).max(0);
        if left_us < recorded_us {
            break;
        }
        left_us -= recorded_us;
        at_us = end_us.unwrap_or(*begin_us).max(at_us + recorded_us);
    }
    at_us + left_us
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_begins_when_it_was_said() {
        let check = |after_us: i64, skipped: &[(i64, Option<i64>)], expected: i64| {
            assert_eq!(kept_from(1_000, after_us, skipped), expected, "{after_us} {skipped:?}");
        };
        check(0, &[], 1_000);
        check(50, &[], 1_050);
        // Two stretches are left out: from 1,100 to 1,200, and from 1,300 to 1,350.
        let skipped = [(1_100, Some(1_200)), (1_300, Some(1_350))];
        check(99, &skipped, 1_099);
        check(100, &skipped, 1_200);
        check(199, &skipped, 1_299);
        check(200, &skipped, 1_350);
        check(300, &skipped, 1_450);
        // Paused at once, and never again.
        check(0, &[(1_000, Some(1_700))], 1_700);
        check(100, &[(1_100, None)], 1_100);
        // A clock that was set in between.
        check(50, &[(900, Some(950))], 1_050);
    }
}
