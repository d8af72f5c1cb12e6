//! What the chain would not take now, found before anything is sent.
use crate::activation::{self, Answer};
use crate::conditions::Conditions;
use crate::run::Run;
use crate::step::Step;
use anyhow::Result;

impl Run<'_> {
    /// Each says what the chain says and what is needed; none where every step left can be done.
    ///
    /// # Errors
    /// The node does not answer, a contract's build is missing, or what stands on chain is not ours.
    pub async fn obstacles(&self, conditions: &Conditions) -> Result<Vec<String>> {
        let inactive = self.inactive().await?;
        if inactive.is_empty() {
            return Ok(Vec::new());
        }
        let mut found: Vec<String> = conditions.paused().into_iter().collect();
        for name in inactive {
            if let Some(why) = conditions.too_many(name, self.artifacts.fragments(name)?.len()) {
                found.push(why);
            } else if let (None, Some(why)) = (conditions.paused(), self.refused(name).await?) {
                found.push(format!("chain {} would not activate {name}: {why}", conditions.chain_id));
            }
        }
        Ok(found)
    }

    async fn inactive(&self) -> Result<Vec<&'static str>> {
        let mut inactive = Vec::new();
        for step in self.steps()? {
            if let Step::Activate(name) = step
                && !self.is_done(step).await?
            {
                inactive.push(name);
            }
        }
        Ok(inactive)
    }

    async fn refused(&self, name: &str) -> Result<Option<String>> {
        let answer = activation::of_code(&self.sender.provider, &self.artifacts.code(name)?).await?;
        Ok(if let Answer::Refused(why) = answer { Some(why) } else { None })
    }
}
