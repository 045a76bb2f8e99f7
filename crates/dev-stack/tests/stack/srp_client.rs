//! The user's side of an SRP sign-in, as the JavaScript clients do it.

use aws_sdk_cognitoidentityprovider::{
    Client,
    operation::{initiate_auth::InitiateAuthOutput, respond_to_auth_challenge::RespondToAuthChallengeOutput},
    types::{AuthFlowType, ChallengeNameType},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_bigint::{
    BoxedUint, Odd,
    modular::{BoxedMontyForm, BoxedMontyParams},
};
use ring::{digest, hmac};

use crate::fixture::refusal;

/// The prime 2^3072 - 2^3008 - 1 + 2^64 * (floor(2^2942 pi) + 1690314) of RFC 3526, group 15.
const PRIME: &str = concat!(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD",
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED",
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F",
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B",
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510",
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7",
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C",
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
);

/// A fixed secret of the user; a real one is random.
const SECRET: [u8; 32] = [0x5a; 32];

/// A time as the clients write it.
pub(crate) const TIMESTAMP: &str = "Sat Nov 28 16:07:04 UTC 2026";

/// Who signs in, and how.
pub(crate) struct SrpUser<'a> {
    pub(crate) client_id: &'a str,
    /// Of a client with a secret.
    pub(crate) secret: Option<&'a str>,
    pub(crate) name: &'a str,
    pub(crate) password: &'a str,
}

type Refused = (String, String);

impl SrpUser<'_> {
    /// `InitiateAuth`.
    pub(crate) async fn begin(&self, api: &Client) -> Result<InitiateAuthOutput, Refused> {
        let (_, a) = Self::public();
        let call = api.initiate_auth().client_id(self.client_id).auth_flow(AuthFlowType::UserSrpAuth);
        let call = call.auth_parameters("USERNAME", self.name).auth_parameters("SRP_A", hex(&a));
        let hash = self.secret_hash(self.name);
        let call = match hash {
            Some(hash) => call.auth_parameters("SECRET_HASH", hash),
            None => call,
        };
        call.send().await.map_err(refusal)
    }

    /// `RespondToAuthChallenge` to what [`SrpUser::begin`] was sent, with metadata `k`.
    pub(crate) async fn prove(
        &self,
        api: &Client,
        pool_id: &str,
        asked: &InitiateAuthOutput,
    ) -> Result<RespondToAuthChallengeOutput, Refused> {
        assert_eq!(asked.challenge_name(), Some(&ChallengeNameType::PasswordVerifier));
        assert_eq!(asked.session(), None, "the secret block is the session");
        let parameters = asked.challenge_parameters().unwrap();
        let id = &parameters["USER_ID_FOR_SRP"];
        let block = &parameters["SECRET_BLOCK"];
        let pool_name = pool_id.split_once('_').unwrap().1;
        let key = self.key(pool_name, id, &parameters["SALT"], &parameters["SRP_B"]);
        let block_bytes = STANDARD.decode(block).unwrap();
        let claim = [pool_name.as_bytes(), id.as_bytes(), &block_bytes, TIMESTAMP.as_bytes()].concat();
        let call = api.respond_to_auth_challenge().client_id(self.client_id);
        let call = call.challenge_name(ChallengeNameType::PasswordVerifier).client_metadata("k", "proof");
        let call = call.challenge_responses("USERNAME", id).challenge_responses("TIMESTAMP", TIMESTAMP);
        let call = call.challenge_responses("PASSWORD_CLAIM_SECRET_BLOCK", block);
        let call = call.challenge_responses("PASSWORD_CLAIM_SIGNATURE", STANDARD.encode(mac(&key, &claim)));
        let call = match self.secret_hash(id) {
            Some(hash) => call.challenge_responses("SECRET_HASH", hash),
            None => call,
        };
        call.send().await.map_err(refusal)
    }

    /// Both steps.
    pub(crate) async fn sign_in(
        &self,
        api: &Client,
        pool_id: &str,
    ) -> Result<RespondToAuthChallengeOutput, Refused> {
        let asked = self.begin(api).await?;
        self.prove(api, pool_id, &asked).await
    }

    pub(crate) fn secret_hash(&self, name: &str) -> Option<String> {
        let text = format!("{name}{}", self.client_id);
        self.secret.map(|secret| STANDARD.encode(mac(secret.as_bytes(), text.as_bytes())))
    }

    fn public() -> (BoxedMontyParams, Vec<u8>) {
        let prime = BoxedUint::from_be_hex(PRIME, 3_072).into_option().unwrap();
        let params = BoxedMontyParams::new(Odd::new(prime).into_option().unwrap());
        let a = number(&[2], &params).pow(&exponent(&SECRET));
        (params, bytes(&a))
    }

    fn key(&self, pool_name: &str, id: &str, salt: &str, answer: &str) -> Vec<u8> {
        let (params, a) = Self::public();
        let generator = number(&[2], &params);
        let answer = from_hex(answer);
        let scramble = sha(&[&padded(&a), &padded(&answer)]);
        let inner = sha(&[format!("{pool_name}{id}:{}", self.password).as_bytes()]);
        let x = sha(&[&padded(&from_hex(salt)), &inner]);
        let k = sha(&[&padded(&from_hex(PRIME)), &[2]]);
        let base = number(&answer, &params).sub(&number(&k, &params).mul(&generator.pow(&exponent(&x))));
        let first = base.pow(&exponent(&SECRET));
        let shared = first.mul(&base.pow(&exponent(&scramble)).pow(&exponent(&x)));
        // HKDF, written out.
        let extracted = mac(&padded(&scramble), &padded(&bytes(&shared)));
        let mut key = mac(&extracted, b"Caldera Derived Key\x01");
        key.truncate(16);
        key
    }
}

fn number(digits: &[u8], params: &BoxedMontyParams) -> BoxedMontyForm {
    BoxedMontyForm::new(BoxedUint::from_be_slice(digits, 3_072).unwrap(), params)
}

fn exponent(digits: &[u8]) -> BoxedUint {
    BoxedUint::from_be_slice(digits, 256).unwrap()
}

fn bytes(number: &BoxedMontyForm) -> Vec<u8> {
    number.retrieve().to_be_bytes().to_vec()
}

fn padded(number: &[u8]) -> Vec<u8> {
    let mut digits: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
    if digits[0] >= 0x80 {
        digits.insert(0, 0);
    }
    digits
}

fn sha(parts: &[&[u8]]) -> Vec<u8> {
    digest::digest(&digest::SHA256, &parts.concat()).as_ref().to_vec()
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    BoxedUint::from_be_slice_vartime(bytes).to_string_radix_vartime(16)
}

fn from_hex(text: &str) -> Vec<u8> {
    BoxedUint::from_str_radix_vartime(text, 16).unwrap().to_be_bytes_trimmed_vartime().to_vec()
}
