// SPDX-License-Identifier: Apache-2.0
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

#include "base/hash/hash.h"
#include "control/provenance/provenance.h"

namespace aiop::provenance {
namespace {

constexpr size_t kSignatureBytes = 64;
constexpr size_t kSignatureTextBytes = 88;  // in base64

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Input = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

// Keys with a passphrase are refused instead of asked about at the terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

Result<Key> ReadKey(std::string_view pem, bool is_private) {
  if (pem.empty()) pem = "-";  // there is no BIO over nothing
  const Input input(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  AIOP_CHECK(input != nullptr);
  Key key(is_private ? PEM_read_bio_PrivateKey(input.get(), nullptr, NoPassphrase, nullptr)
                     : PEM_read_bio_PUBKEY(input.get(), nullptr, NoPassphrase, nullptr),
          EVP_PKEY_free);
  if (!key || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
    return Invalid(is_private
                       ? "not an Ed25519 private key in PEM without a passphrase; make one with "
                         "`openssl genpkey -algorithm ed25519`"
                       : "not an Ed25519 public key in PEM; get it from the private one with "
                         "`openssl pkey -in KEY -pubout`");
  }
  return key;
}

std::string NameOf(EVP_PKEY* key) {
  unsigned char* bytes = nullptr;
  const int size = i2d_PUBKEY(key, &bytes);
  AIOP_CHECK(size > 0);
  std::string name = HashBytes({reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)});
  OPENSSL_free(bytes);
  return name;
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string ToBase64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), Bytes(bytes),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

// Only the one spelling that Sign writes.
Result<std::string> SignatureFrom(std::string_view text) {
  std::string bytes(kSignatureTextBytes / 4 * 3, '\0');
  if (text.size() != kSignatureTextBytes ||
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), Bytes(text),
                      static_cast<int>(text.size())) < 0) {
    return Invalid("the signature is not an Ed25519 signature in base64");
  }
  bytes.resize(kSignatureBytes);
  if (ToBase64(bytes) != text) return Invalid("the signature is not in canonical base64");
  return bytes;
}

}  // namespace

std::string SignedText(const model::Provenance& record) {
  model::Provenance unsigned_record = record;
  unsigned_record.signature.clear();
  return json::CanonicalText(describe::ToJson(unsigned_record));
}

Status Sign(model::Provenance& record, std::string_view private_key) {
  AIOP_TRY(const Key key, ReadKey(private_key, true));
  record.key = NameOf(key.get());
  const std::string text = SignedText(record);
  const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::string signature(kSignatureBytes, '\0');
  size_t size = signature.size();
  AIOP_CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
  AIOP_CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                            &size, Bytes(text), text.size()) == 1);
  record.signature = ToBase64(signature);
  return {};
}

Status CheckSignature(const model::Provenance& record, std::string_view public_key) {
  AIOP_TRY(const Key key, ReadKey(public_key, false));
  if (record.signature.empty()) return Invalid("the record is not signed");
  if (record.key != NameOf(key.get())) {
    return Invalid("signed with another key, " + record.key.substr(0, 12));
  }
  AIOP_TRY(const std::string signature, SignatureFrom(record.signature));
  const std::string text = SignedText(record);
  const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  AIOP_CHECK(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
  if (EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(text),
                       text.size()) != 1) {
    return Invalid("the record was altered after it was signed");
  }
  return {};
}

}  // namespace aiop::provenance
