//! Two agents that do not say the same, side by side.
use alloy::primitives::Address;
use chain::proposal::Refusal;
use serde::Serialize;
use std::fmt;
use utoipa::ToSchema;

/// The first figure that an agent computes otherwise than was proposed, and what each agent says to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Difference {
    pub account: Option<u64>,
    /// `newRoot`, `requirement`, `cumulativeVariation`, `fillVariation`, …
    pub figure: String,
    pub proposed: String,
    pub agents: Vec<Side>,
}

/// What one agent says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Side {
    #[schema(value_type = String)]
    pub agent: Address,
    /// The figure as it computes it.
    pub computed: String,
}

/// What each agent said: nothing else is compared.
pub fn difference(words: &[(Address, Result<(), &Refusal>)]) -> Option<Difference> {
    let first = words.iter().find_map(|(_, word)| word.as_ref().err().filter(|refusal| refusal.figure.is_some()))?;
    let figure = first.figure.as_ref()?;
    let side = |(agent, word): &(Address, Result<(), &Refusal>)| {
        let computed = match word {
            Ok(()) => figure.proposed.clone(),
            Err(refusal) => match &refusal.figure {
                Some(own) if own.name == figure.name && refusal.account == first.account => own.computed.clone(),
                Some(own) => format!("{} first: {}", own.name, own.computed),
                None => refusal.detail.clone(),
            },
        };
        Side { agent: *agent, computed }
    };
    let (name, proposed) = (figure.name.clone(), figure.proposed.clone());
    Some(Difference { account: first.account, figure: name, proposed, agents: words.iter().map(side).collect() })
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(account) = self.account {
            write!(formatter, "account {account}: ")?;
        }
        write!(formatter, "{}: proposed {}", self.figure, self.proposed)?;
        self.agents.iter().try_for_each(|side| write!(formatter, "; agent {}: {}", side.agent, side.computed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chain::proposal::Reason;

    #[test]
    fn what_each_agent_says_stands_side_by_side() {
        let (first, second) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let refusal = Refusal::differs("requirement", 10, 12).of(7);
        let difference = difference(&[(first, Ok(())), (second, Err(&refusal))]).unwrap();
        let computed: Vec<_> = difference.agents.iter().map(|side| side.computed.as_str()).collect();
        assert_eq!(
            (difference.account, difference.figure.as_str(), computed),
            (Some(7), "requirement", vec!["10", "12"])
        );
        let text = difference.to_string();
        assert!(
            text.starts_with("account 7: requirement: proposed 10; agent 0x01") && text.ends_with(": 12"),
            "{text}"
        );
    }

    #[test]
    fn silence_is_no_difference() {
        let refusal = Refusal::new(Reason::Behind, "the node lags");
        assert_eq!(difference(&[(Address::ZERO, Err(&refusal))]), None);
    }
}
