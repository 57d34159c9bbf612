//! The rules, each of which knows one thing about a customer.

use crate::Customer;

/// An order up to this amount is a small one.
const SMALL_ORDER: f64 = 500.0;

/// An order above this amount is a large one for somebody new.
const LARGE_ORDER: f64 = 5_000.0;

/// Providers whose addresses say nothing about their owner.
const FREE_MAIL: &[&str] = &["gmail.com", "gmx.net", "hotmail.com", "outlook.com", "proton.me", "yahoo.com"];

/// Providers whose addresses are thrown away after use.
const THROW_AWAY_MAIL: &[&str] = &["10minutemail.com", "guerrillamail.com", "mailinator.com", "yopmail.com"];

/// What a rule found.
pub(crate) struct Finding {
    /// How much trust it adds or takes.
    pub(crate) points: i32,
    /// What the customer does, in words.
    pub(crate) reason: &'static str,
}

/// A rule finds something or has nothing to say.
pub(crate) type Rule = fn(&Customer) -> Option<Finding>;

/// All rules, in the order of their reasons.
pub(crate) const RULES: &[Rule] = &[name, mail, order];

fn name(customer: &Customer) -> Option<Finding> {
    match customer.customer_name.split_whitespace().count() {
        0 => found(-40, "gives no name"),
        1 => found(-10, "gives only one name"),
        _ => found(10, "gives a full name"),
    }
}

fn mail(customer: &Customer) -> Option<Finding> {
    let Some(domain) = mail_domain(&customer.customer_email) else {
        return found(-40, "gives an address that receives no mail");
    };
    if THROW_AWAY_MAIL.contains(&domain.as_str()) {
        found(-30, "writes from an address to throw away")
    } else if FREE_MAIL.contains(&domain.as_str()) {
        None
    } else {
        found(15, "writes from an address of their own")
    }
}

fn order(customer: &Customer) -> Option<Finding> {
    let amount = customer.order_amount;
    if amount > LARGE_ORDER {
        found(-20, "starts with a large order")
    } else if amount > 0.0 && amount <= SMALL_ORDER {
        found(15, "starts with a small order")
    } else {
        None
    }
}

/// The domain of a mail address, in lower case, if the address has one.
fn mail_domain(address: &str) -> Option<String> {
    let (mailbox, domain) = address.trim().rsplit_once('@')?;
    let is_domain = domain.contains('.')
        && domain.split('.').all(|label| {
            !label.is_empty() && label.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
        });
    (!mailbox.is_empty() && is_domain).then(|| domain.to_ascii_lowercase())
}

fn found(points: i32, reason: &'static str) -> Option<Finding> {
    Some(Finding { points, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(name: &str, mail: &str, amount: f64) -> Customer {
        Customer { customer_name: name.to_owned(), customer_email: mail.to_owned(), order_amount: amount }
    }

    fn points(rule: Rule, customer: &Customer) -> i32 {
        rule(customer).map_or(0, |finding| finding.points)
    }

    #[test]
    fn a_full_name_is_worth_more_than_half_a_one() {
        let points = |given| points(name, &customer(given, "", 0.0));
        assert!(points("Ada Lovelace") > points("Ada"));
        assert!(points("Ada") > points(" "));
    }

    #[test]
    fn a_mail_address_is_judged_by_its_domain() {
        for (mail_address, expected) in [
            ("ada@engine.example", 15),
            ("ada@GMAIL.com", 0),
            ("ada@mailinator.com", -30),
            ("ada", -40),
            ("@engine.example", -40),
            ("ada@engine", -40),
            ("ada@engine..example", -40),
        ] {
            assert_eq!(points(mail, &customer("", mail_address, 0.0)), expected, "{mail_address}");
        }
    }

    #[test]
    fn only_small_orders_add_trust() {
        for (amount, expected) in [(0.0, 0), (500.0, 15), (501.0, 0), (5_000.0, 0), (5_001.0, -20)] {
            assert_eq!(points(order, &customer("", "", amount)), expected, "{amount}");
        }
    }
}
