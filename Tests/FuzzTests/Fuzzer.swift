import Foundation
import Testing

/// Makes inputs out of examples and the pieces that matter to a parser, for a bounded time.
///
/// `FUZZ_SECONDS` is the time for each test, half a second if it is not set; `FUZZ_SEED` repeats a run.
struct Fuzzer {
    private let examples: [[UInt8]]
    private let pieces: [[UInt8]]
    private var random: SplitMix64

    private static let seed: UInt64 =
        ProcessInfo.processInfo.environment["FUZZ_SEED"].flatMap { UInt64($0) } ?? .random(in: 0 ... .max)
    private static let seconds: Double =
        ProcessInfo.processInfo.environment["FUZZ_SECONDS"].flatMap { Double($0) } ?? 0.5

    /// - Parameters:
    ///   - examples: inputs of the kind that is meant.
    ///   - pieces: what is put into them.
    init(_ examples: [String], pieces: [String] = []) {
        self.init(examples: examples.map { Array($0.utf8) }, pieces: pieces.map { Array($0.utf8) })
    }

    init(examples: [[UInt8]], pieces: [[UInt8]]) {
        self.examples = examples
        self.pieces = pieces
        random = SplitMix64(state: Self.seed)
    }

    /// Tries inputs until the time is over or one fails, which is recorded with all that it takes to repeat it.
    mutating func run(_ body: (_ input: [UInt8], _ random: inout SplitMix64) throws -> Void) {
        let end = ContinuousClock.now + .seconds(Self.seconds)
        var count = 0
        while ContinuousClock.now < end {
            count += 1
            let input = makeInput()
            do {
                try body(input, &random)
            } catch {
                Issue.record(
                    "FUZZ_SEED=\(Self.seed), input \(count): \(error)\n\(input)\n\(String(decoding: input, as: UTF8.self))"
                )
                return
            }
        }
    }

    private mutating func makeInput() -> [UInt8] {
        var input = examples.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 0...6, using: &random) { mutate(&input) }
        return input
    }

    private mutating func mutate(_ input: inout [UInt8]) {
        let place = Int.random(in: 0...input.count, using: &random)
        let end = min(input.count, place + Int.random(in: 0...16, using: &random))
        switch Int.random(in: 0..<7, using: &random) {
        case 0 where place < input.count: input[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1 where place < input.count: input[place] = .random(in: .min ... .max, using: &random)
        case 2: input.removeSubrange(place..<end)
        case 3: input.insert(contentsOf: input[place..<end], at: place)
        case 4: input.insert(.random(in: .min ... .max, using: &random), at: place)
        case 5:
            let other = examples.randomElement(using: &random) ?? []
            input = Array(input[..<place] + other.suffix(Int.random(in: 0...other.count, using: &random)))
        default: input.insert(contentsOf: pieces.randomElement(using: &random) ?? [0], at: place)
        }
    }
}

/// Sebastiano Vigna's generator: the same numbers from the same seed everywhere.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// What a property that does not hold throws.
struct Broken: Error, CustomStringConvertible {
    let description: String
}

func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    if !condition { throw Broken(description: message()) }
}
