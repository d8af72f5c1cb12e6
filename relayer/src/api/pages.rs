//! Lists that come in pages: `after` is a cursor, and the answer's `next` the one to go on with.
use crate::http::problem::Problem;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;

/// Rows of a page, unless `limit` asks for fewer.
pub const MOST: u32 = 256;

/// A query, or what is wrong with it.
pub fn query<T>(query: Result<Query<T>, QueryRejection>, expected: &str) -> Result<T, Problem> {
    let Query(query) = query.map_err(|rejection| {
        Problem::unprocessable("invalid-query", "Not a filter").detail(format!("{}; {expected}", rejection.body_text()))
    })?;
    Ok(query)
}

/// Rows to give.
pub fn rows(limit: Option<u32>) -> Result<u32, Problem> {
    match limit {
        None => Ok(MOST),
        Some(limit) if (1..=MOST).contains(&limit) => Ok(limit),
        Some(limit) => Err(Problem::unprocessable("invalid-query", "Not a filter")
            .detail(format!("limit is {limit}, from 1 to {MOST} is allowed"))
            .field("limit")),
    }
}

/// Numbers beyond 2^63 are none of anything that is kept.
pub fn number(name: &str, given: Option<u64>) -> Result<Option<u64>, Problem> {
    match given {
        Some(number) if i64::try_from(number).is_err() => Err(Problem::unprocessable("invalid-query", "Not a filter")
            .detail(format!("{name} is {number}, at most {} is allowed", i64::MAX))
            .field(name)),
        given => Ok(given),
    }
}

/// A page of at most `rows`, of which one more was looked for; with the cursor of its last row where there is more.
pub fn cut<T, C>(mut found: Vec<T>, rows: u32, cursor: impl Fn(&T) -> C) -> (Vec<T>, Option<C>) {
    let rows = rows as usize;
    let more = found.len() > rows;
    found.truncate(rows);
    let next = found.last().map(cursor).filter(|_| more);
    (found, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_has_no_next() {
        assert_eq!(cut(vec![1, 2, 3], 2, |row| *row), (vec![1, 2], Some(2)));
        assert_eq!(cut(vec![1, 2], 2, |row| *row), (vec![1, 2], None));
        assert_eq!(cut(Vec::new(), 2, |row: &u64| *row), (vec![], None));
        assert!(rows(Some(0)).is_err() && rows(Some(257)).is_err());
    }
}
