import Core
import Dispatch
import Testing

@testable import articled

@Suite("Passwords that are being checked")
struct PasswordWorkerTests {
    @Test("64 may wait; whoever comes then is told to come again, and there is room again when they are done")
    func bound() async throws {
        let worker = PasswordWorker()
        let gate = DispatchSemaphore(value: 0)
        func until(_ count: Int) async throws {
            let deadline = ContinuousClock.now + .seconds(20)
            while worker.waitingCount != count, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(worker.waitingCount == count)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<64 { group.addTask { try await worker.run { gate.wait() } } }
            try await until(64)
            if worker.waitingCount == 64 {
                let refusal = await #expect(throws: ServiceError.self) { try await worker.run {} }
                #expect(refusal?.code == .unavailable && refusal?.retryAfter != nil)
                #expect(worker.waitingCount == 64)
            }
            for _ in 0..<64 { gate.signal() }
            try await group.waitForAll()
        }
        try await until(0)
        try await worker.run {}
    }
}
