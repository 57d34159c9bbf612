//! The worker `score-customer` of the customer onboarding: how much do we trust somebody whom we do not know?
//!
//! The score is a plain sum of [`rules`], so that the reasons explain it completely.

mod rules;

use fermata_sdk::{Failure, Job, log, null_as_default};
use serde::{Deserialize, Serialize};

use rules::RULES;

fermata_sdk::worker!(score_customer);

/// Where every customer begins.
const SCORE_START: i32 = 50;

/// The best score.
const SCORE_MAX: i32 = 100;

/// A customer who wants to be one.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// The full name.
    pub customer_name: String,
    /// The e-mail address.
    pub customer_email: String,
    /// The value of the first order in the shop's currency.
    #[serde(default, deserialize_with = "null_as_default")]
    pub order_amount: f64,
}

/// How much we trust the customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Score {
    /// From 0, not at all, to 100.
    pub score: i32,
    /// What raised and lowered it, in words.
    pub reasons: Vec<String>,
}

/// Does the job.
pub fn score_customer(job: Job<Customer>) -> Result<Score, Failure> {
    let score = score(&job.variables);
    log::info!("scored {}", score.score; reasons = score.reasons.join("; "));
    Ok(score)
}

/// Applies every rule. The same customer always has the same score.
pub fn score(customer: &Customer) -> Score {
    let mut score = SCORE_START;
    let mut reasons = Vec::new();
    for rule in RULES {
        let Some(finding) = rule(customer) else { continue };
        score += finding.points;
        reasons.push(format!("{:+} {}", finding.points, finding.reason));
    }
    Score { score: score.clamp(0, SCORE_MAX), reasons }
}

#[cfg(test)]
mod tests {
    use fermata_sdk::testing::Host;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_job_ends_with_a_score_and_its_reasons() {
        let run = Host::new().run(
            score_customer,
            json!({ "customerName": "Ada Lovelace", "customerEmail": "ada@engine.example", "orderAmount": 120 }),
        );
        assert_eq!(
            run.completed(),
            &json!({
                "score": 90,
                "reasons": ["+10 gives a full name", "+15 writes from an address of their own", "+15 starts with a small order"],
            })
        );
        assert_eq!(run.log[0].message, "scored 90");
    }

    #[test]
    fn a_missing_name_fails_without_retries() {
        let run = Host::new().run(score_customer, json!({ "customerEmail": "ada@engine.example" }));
        assert_eq!(run.failure().retries, Some(0));
        assert!(run.failure().message.contains("customerName"), "{:?}", run.failure());
    }

    #[test]
    fn a_score_never_leaves_its_range() {
        let stranger = Customer {
            customer_name: String::new(),
            customer_email: "nowhere".to_owned(),
            order_amount: 1e9,
        };
        assert_eq!(score(&stranger).score, 0);
    }
}
