//! Second factors: an authenticator app, and codes by e-mail.

use aws_sdk_cognitoidentityprovider::{
    operation::respond_to_auth_challenge::RespondToAuthChallengeOutput,
    types::{
        ChallengeNameType, EmailMfaSettingsType, SoftwareTokenMfaSettingsType,
        VerifySoftwareTokenResponseType,
    },
};
use dev_stack::{EventVersion, Trigger};
use ring::hmac;
use serde_json::{Value, json};

use crate::{
    fixture::{EMAIL, Fixture, PASSWORD, pool, refusal},
    srp_client::SrpUser,
};

async fn fixture(setting: &str) -> Fixture {
    let fixture = Fixture::start(pool(EventVersion::V2)).await;
    fixture.add("post", Ok);
    fixture.add("pre", Ok);
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();
    let patch = json!({ "MfaConfiguration": setting });
    fixture.stack.cognito().patch_pool(&fixture.pool, patch).unwrap();
    fixture
}

/// What an authenticator app shows now.
fn code(secret: &str) -> String {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: Vec<bool> = secret
        .chars()
        .flat_map(|letter| {
            let value = alphabet.find(letter).unwrap();
            (0..5).rev().map(move |bit| value >> bit & 1 == 1)
        })
        .collect();
    let byte = |bits: &[bool]| bits.iter().fold(0_u8, |sum, bit| sum << 1 | u8::from(*bit));
    let key: Vec<u8> = bits.chunks_exact(8).map(byte).collect();
    #[expect(clippy::disallowed_methods, reason = "an authenticator app has a clock")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let tag = hmac::sign(&key, &(now / 30).to_be_bytes());
    let offset = usize::from(tag.as_ref()[19] & 15);
    let four: [u8; 4] = tag.as_ref()[offset..offset + 4].try_into().unwrap();
    format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
}

async fn respond(
    fixture: &Fixture,
    name: ChallengeNameType,
    session: Option<String>,
    answer: Option<(&str, &str)>,
) -> Result<RespondToAuthChallengeOutput, (String, String)> {
    let call = fixture.api.respond_to_auth_challenge().client_id(&fixture.client_id).challenge_name(name);
    let call = call.set_session(session).challenge_responses("USERNAME", EMAIL).client_metadata("k", "mfa");
    let call = match answer {
        Some((name, value)) => call.challenge_responses(name, value),
        None => call,
    };
    call.send().await.map_err(refusal)
}

/// `clientMetadata` of the last pre-token-generation event.
fn metadata(fixture: &Fixture) -> Value {
    let record = fixture.stack.cognito().last_record(&fixture.pool, Trigger::PreTokenGeneration).unwrap();
    let event: Value = serde_json::from_str(&record.event).unwrap();
    event["request"]["clientMetadata"].clone()
}

#[tokio::test]
async fn a_pool_that_demands_a_factor_has_the_user_set_one_up() {
    let fixture = fixture("ON").await;
    let asked = fixture.start_auth(EMAIL, PASSWORD).await.unwrap();
    assert_eq!(asked.challenge_name(), Some(&ChallengeNameType::MfaSetup));
    let early = respond(&fixture, ChallengeNameType::MfaSetup, asked.session.clone(), None).await;
    assert_eq!(early.unwrap_err().1, "Invalid session for the user.", "nothing is set up");

    let secret = fixture.api.associate_software_token().set_session(asked.session).send().await.unwrap();
    let app = secret.secret_code.unwrap();
    let verify = fixture.api.verify_software_token().set_session(secret.session);
    let wrong = refusal(verify.clone().user_code("000000").send().await.unwrap_err());
    assert_eq!(wrong.0, "EnableSoftwareTokenMFAException");
    let verified = verify.user_code(code(&app)).send().await.unwrap();
    assert_eq!(verified.status(), Some(&VerifySoftwareTokenResponseType::Success));
    let done = respond(&fixture, ChallengeNameType::MfaSetup, verified.session, None).await.unwrap();
    assert!(done.authentication_result.is_some());

    let user = SrpUser { client_id: &fixture.client_id, secret: None, name: EMAIL, password: PASSWORD };
    let asked = user.sign_in(&fixture.api, &fixture.pool).await.unwrap();
    assert_eq!(asked.challenge_name(), Some(&ChallengeNameType::SoftwareTokenMfa), "after SRP, too");
    let name = ChallengeNameType::SoftwareTokenMfa;
    let wrong = Some(("SOFTWARE_TOKEN_MFA_CODE", "x"));
    let refused = respond(&fixture, name.clone(), asked.session.clone(), wrong).await.unwrap_err();
    assert_eq!(refused.0, "CodeMismatchException");
    let right = code(&app);
    let tokens = respond(&fixture, name, asked.session, Some(("SOFTWARE_TOKEN_MFA_CODE", &right))).await;
    assert!(tokens.unwrap().authentication_result.is_some());
    assert_eq!(metadata(&fixture), json!({ "k": "mfa" }));
}

#[tokio::test]
async fn where_factors_are_optional_the_user_decides() {
    let fixture = fixture("OPTIONAL").await;
    let tokens = fixture.sign_in().await.unwrap();
    let token = tokens.access_token().unwrap();
    let app = SoftwareTokenMfaSettingsType::builder().enabled(true).build();
    let set = fixture.api.set_user_mfa_preference().access_token(token);
    let none = refusal(set.clone().software_token_mfa_settings(app).send().await.unwrap_err());
    assert_eq!(none.1, "User has not verified software token mfa");

    let email = EmailMfaSettingsType::builder().enabled(true).preferred_mfa(true).build();
    set.email_mfa_settings(email).send().await.unwrap();

    let seen = fixture.api.get_user().access_token(token).send().await.unwrap();
    assert_eq!(seen.preferred_mfa_setting(), Some("EMAIL_OTP"));
    let asked = fixture.start_auth(EMAIL, PASSWORD).await.unwrap();
    assert_eq!(asked.challenge_name(), Some(&ChallengeNameType::EmailOtp));
    let code = fixture.stack.cognito().delivered_code(&fixture.pool, EMAIL).unwrap();
    let answer = Some(("EMAIL_OTP_CODE", code.as_str()));
    let disable = fixture.api.admin_disable_user().user_pool_id(&fixture.pool).username(EMAIL);
    disable.send().await.unwrap();
    let refused = respond(&fixture, ChallengeNameType::EmailOtp, asked.session.clone(), answer).await;
    assert_eq!(refused.unwrap_err().1, "User is disabled.");
    let enable = fixture.api.admin_enable_user().user_pool_id(&fixture.pool).username(EMAIL);
    enable.send().await.unwrap();
    let tokens = respond(&fixture, ChallengeNameType::EmailOtp, asked.session, answer).await.unwrap();
    assert!(tokens.authentication_result.is_some());

    let off = EmailMfaSettingsType::builder().enabled(false).build();
    let set = fixture.api.admin_set_user_mfa_preference().user_pool_id(&fixture.pool).username(EMAIL);
    set.email_mfa_settings(off).send().await.unwrap();
    fixture.sign_in().await.expect("without a second factor");
}
