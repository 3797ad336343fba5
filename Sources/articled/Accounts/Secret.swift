import Crypto
import Foundation

/// A random value that lets its bearer in: 256 bits, written in the URL-safe alphabet (RFC 4648 section 5).
struct Secret: Sendable {
    let text: String

    /// A new one.
    ///
    /// - Parameter prefix: tells what it is to whoever finds it, and to programs that look for leaked secrets.
    init(prefix: String = "") {
        text = prefix + Data(SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }).base64URLEncoded
    }

    /// One that was presented.
    init(presented text: String) {
        self.text = text
    }

    var hash: SecretHash { SecretHash(of: text.utf8) }
}

/// What is kept of a secret. Whoever reads it can't make the secret of it, and as the secret is random no slow hash is
/// needed. Looking it up tells nothing about the secret by the time it takes.
struct SecretHash: Sendable, Hashable {
    let digest: SHA256Digest

    init(of secret: some Sequence<UInt8>) {
        digest = SHA256.hash(data: Array(secret))
    }

    /// - Parameter bytes: 32 of them.
    init?(stored bytes: Data) {
        guard bytes.count == SHA256Digest.byteCount else { return nil }
        digest = bytes.withUnsafeBytes { $0.loadUnaligned(as: SHA256Digest.self) }
    }

    var bytes: Data { Data(digest) }
}

extension Data {
    /// Base 64 with the URL-safe alphabet and without padding (RFC 4648 section 5).
    var base64URLEncoded: String {
        base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
