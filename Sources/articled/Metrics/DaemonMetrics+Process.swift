import Logging

extension DaemonMetrics {
    func addLoops(_ lag: Histogram, to text: inout ExpositionText) {
        text.add(.gauge, "articled_event_loops", "Threads that serve connections (--threads).", lags.count)
        text.add("articled_event_loop_lag_seconds", "How late a timer of each event loop was.", lag)
    }

    func addLogs(to text: inout ExpositionText) {
        text.family(.counter, "articled_log_problems_total", "Lines of the log that are warnings or graver.") {
            for level in LogLineCounts.counted {
                $0.sample(logs.counts.total(level), ["level": level.rawValue])
            }
        }
        text.add(
            .counter, "articled_log_lines_dropped_total", "Lines of the log that nobody read in time.",
            logs.output.droppedLines)
    }

    func addProcess(_ process: ProcessFigures, to text: inout ExpositionText) {
        text.add(.counter, "process_cpu_seconds_total", "CPU time, user and system.", process.cpuSeconds)
        text.add(.gauge, "process_resident_memory_bytes", "Memory that is resident.", process.residentBytes)
        text.add(.gauge, "process_virtual_memory_bytes", "Memory that is mapped.", process.virtualBytes)
        text.add(.gauge, "process_open_fds", "Open descriptors.", process.openFiles)
        text.add(.gauge, "process_max_fds", "How many may be open.", process.maxFiles)
        text.add(.gauge, "process_threads", "Threads.", process.threads)
        text.add(
            .gauge, "process_start_time_seconds", "When the process was started, since 1970.", process.startTime)
    }
}
