//! Gregorian dates of the years 1970 to 9999 and days since 1970.
//!
//! Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms": years that begin in March, eras of 400 years.

const ERA_DAYS: u64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: u64 = 719_468;
const LAST_YEAR: u64 = 9_999;

/// Days since 1970 of a date; `None` where there is no such date.
pub(super) fn day(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1..=12).contains(&month) {
        return None;
    }
    let march_year = if month <= 2 { year.checked_sub(1)? } else { year };
    let month_of_year = month.checked_add(9)? % 12;
    let day_of_year = days_before_month(month_of_year)?.checked_add(day)?.checked_sub(1)?;
    let day_of_era = days_before_year(march_year % 400)?.checked_add(day_of_year)?;
    let days = (march_year / 400).checked_mul(ERA_DAYS)?.checked_add(day_of_era)?.checked_sub(EPOCH)?;
    (date(days)? == (year, month, day)).then_some(days)
}

/// Year, month and day of a number of days since 1970; `None` after 9999.
pub(super) fn date(days: u64) -> Option<(u64, u64, u64)> {
    let days = days.checked_add(EPOCH)?;
    let day_of_era = days % ERA_DAYS;
    let year_of_era = year_of_era(day_of_era)?;
    let day_of_year = day_of_era.checked_sub(days_before_year(year_of_era)?)?;
    let month_of_year = day_of_year.checked_mul(5)?.checked_add(2)? / 153;
    let day = day_of_year.checked_sub(days_before_month(month_of_year)?)?.checked_add(1)?;
    let month = (month_of_year.checked_add(2)? % 12).checked_add(1)?;
    let march_year = (days / ERA_DAYS).checked_mul(400)?.checked_add(year_of_era)?;
    let year = if month <= 2 { march_year.checked_add(1)? } else { march_year };
    (year <= LAST_YEAR).then_some((year, month, day))
}

fn year_of_era(day_of_era: u64) -> Option<u64> {
    let leap_free = day_of_era.checked_sub(day_of_era / 1_460)?.checked_add(day_of_era / 36_524)?;
    Some(leap_free.checked_sub(day_of_era / 146_096)? / 365)
}

fn days_before_year(year_of_era: u64) -> Option<u64> {
    let days = year_of_era.checked_mul(365)?.checked_add(year_of_era / 4)?;
    days.checked_sub(year_of_era / 100)
}

/// Months are counted from March.
fn days_before_month(month_of_year: u64) -> Option<u64> {
    Some(month_of_year.checked_mul(153)?.checked_add(2)? / 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_dates() {
        assert_eq!(day(1970, 1, 1), Some(0));
        assert_eq!(day(2000, 2, 29), Some(11_016));
        assert_eq!(day(2025, 12, 26), Some(20_448));
        assert_eq!(date(20_448), Some((2025, 12, 26)));
    }

    #[test]
    fn what_is_no_date_is_none() {
        assert_eq!(day(2025, 2, 29), None);
        assert_eq!(day(2025, 13, 1), None);
        assert_eq!(day(2025, 4, 31), None);
        assert_eq!(day(1969, 12, 31), None);
        assert_eq!(day(10_000, 1, 1), None);
        assert_eq!(date(u64::MAX), None);
    }

    #[test]
    fn every_day_of_eight_centuries_returns() {
        for days in 0..292_194 {
            assert_eq!(date(days).and_then(|(y, m, d)| day(y, m, d)), Some(days));
        }
    }
}
