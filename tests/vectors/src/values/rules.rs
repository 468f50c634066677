//! The rules by which values are left out, read from the committed file.

/// All of them; the first that holds decides.
#[derive(Debug)]
pub(super) struct Rules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    place: Where,
    pattern: String,
    reason: String,
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Where {
    /// What a client returned that stored nothing.
    Returned,
    Category,
    /// Who read what, and saw what.
    Seen,
}

impl Rules {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let rules = lines.map(|line| Rule::read(line).ok_or_else(|| format!("no rule: {line}")));
        rules.collect::<Result<_, _>>().map(Self)
    }

    /// Why this is left out, if it is.
    pub(super) fn leave_out(&self, place: Where, text: &str) -> Option<&str> {
        let mut rules = self.0.iter().filter(|rule| rule.place == place);
        let rule = rules.find(|rule| match rule.pattern.strip_suffix('*') {
            Some(front) => text.starts_with(front),
            None => text == rule.pattern,
        });
        rule.map(|rule| &rule.reason[..])
    }
}

impl Rule {
    fn read(line: &str) -> Option<Self> {
        let (place, rest) = line.split_once(' ')?;
        let (pattern, reason) = rest.trim_start().split_once(' ')?;
        let place = match place {
            "returned" => Where::Returned,
            "category" => Where::Category,
            "seen" => Where::Seen,
            _ => return None,
        };
        Some(Self {
            place,
            pattern: pattern.into(),
            reason: reason.trim_start().into(),
        })
    }
}
