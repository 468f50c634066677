//! Which targets may be missed, and why: the rows of a committed table.

/// `| target | figure | why |`; the target as the report names it.
pub struct Missed<'t> {
    rows: Vec<[&'t str; 3]>,
}

impl<'t> Missed<'t> {
    pub fn read(text: &'t str) -> Self {
        let rows = text.lines().filter_map(|line| {
            let fields: Vec<&str> = line.trim().split('|').map(str::trim).collect();
            match fields.as_slice() {
                ["", target, figure, why, ""] if !why.is_empty() => Some([*target, *figure, *why]),
                _ => None,
            }
        });
        Self {
            rows: rows.collect(),
        }
    }

    pub fn why(&self, target: &str) -> Option<&'t str> {
        self.rows
            .iter()
            .find(|[name, ..]| *name == target)
            .map(|[_, _, why]| *why)
    }
}
