// Measures hnswlib the way `index bench` measures ours: for each recall target the lowest ef that reaches it, queries/s one at a time on one thread, the same JSON rows.
//
// usage: hnsw --base F --queries F --truth F.ivecs --metric ip|cosine|l2 --m 16 --index FILE [--recall 0.90,0.95,0.99 | --width 24,60] [--rounds 5] [--threads 2] [--k 10] [--json F]
// FILE is loaded when it is there; otherwise the index is built with efConstruction=200 on --threads threads and saved to it. Vectors are .npy (fp32, uint8, int8).
// build: see build.sh. Exit codes: 0 ok, 1 failed.
#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using Clock = std::chrono::steady_clock;
using Index = hnswlib::HierarchicalNSW<float>;

static double seconds_since(Clock::time_point from) { return std::chrono::duration<double>(Clock::now() - from).count(); }

struct Matrix {
    size_t rows = 0, columns = 0;
    std::vector<float> data;
    const float* row(size_t i) const { return data.data() + i * columns; }
};

static Matrix read_npy(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    char prefix[10];
    if (!file.read(prefix, 10) || std::memcmp(prefix, "\x93NUMPY", 6) != 0) throw std::runtime_error(path + " is no .npy file");
    std::string header(uint8_t(prefix[8]) + 256 * uint8_t(prefix[9]), ' ');
    file.read(header.data(), header.size());
    Matrix m;
    size_t shape = header.find('(');
    if (header.find("True") != std::string::npos || std::sscanf(header.c_str() + shape, "(%zu, %zu)", &m.rows, &m.columns) != 2)
        throw std::runtime_error(path + " is no C-ordered matrix");
    m.data.resize(m.rows * m.columns);
    if (header.find("<f4") != std::string::npos) {
        file.read(reinterpret_cast<char*>(m.data.data()), m.data.size() * sizeof(float));
    } else {
        std::vector<char> bytes(m.data.size());
        file.read(bytes.data(), bytes.size());
        if (header.find("u1") != std::string::npos) std::transform(bytes.begin(), bytes.end(), m.data.begin(), [](char b) { return float(uint8_t(b)); });
        else if (header.find("i1") != std::string::npos) std::transform(bytes.begin(), bytes.end(), m.data.begin(), [](char b) { return float(int8_t(b)); });
        else throw std::runtime_error(path + " has elements that are not read here: " + header);
    }
    if (!file) throw std::runtime_error(path + " is cut");
    return m;
}

static std::vector<std::vector<int>> read_ivecs(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<std::vector<int>> rows;
    for (int length; file.read(reinterpret_cast<char*>(&length), sizeof length);) {
        rows.emplace_back(length);
        file.read(reinterpret_cast<char*>(rows.back().data()), length * sizeof(int));
    }
    return rows;
}

static void normalise(Matrix& m) {
    for (size_t i = 0; i < m.rows; i++) {
        float* row = m.data.data() + i * m.columns;
        double sum = 0;
        for (size_t j = 0; j < m.columns; j++) sum += double(row[j]) * row[j];
        float scale = sum > 0 ? float(1 / std::sqrt(sum)) : 0;
        for (size_t j = 0; j < m.columns; j++) row[j] *= scale;
    }
}

struct Round { double qps, p50, p99; };

static double median(std::vector<double> v) {
    std::sort(v.begin(), v.end());
    return (v[(v.size() - 1) / 2] + v[v.size() / 2]) / 2;
}

// The queries, the index, and what makes an answer right: a distance that reaches that of the k-th best, so that ties count.
class Bench {
public:
    Bench(Index& index, const Matrix& queries, std::vector<float> furthest, size_t k) : index_(index), queries_(queries), furthest_(std::move(furthest)), k_(k) {}

    double recall(size_t ef, size_t count) {
        index_.setEf(ef);
        size_t hits = 0;
        for (size_t q = 0; q < count; q++)
            for (auto found = index_.searchKnn(queries_.row(q), k_); !found.empty(); found.pop()) hits += found.top().first <= furthest_[q];
        return double(hits) / double(count * k_);
    }

    Round time(size_t ef) {
        index_.setEf(ef);
        std::vector<double> micros(queries_.rows);
        double seconds = 0;
        size_t asked = 0;
        do {
            auto from = Clock::now(), now = from;
            for (size_t q = 0; q < queries_.rows; q++) {
                auto found = index_.searchKnn(queries_.row(q), k_);
                auto then = now;
                now = Clock::now();
                micros[q] = std::chrono::duration<double, std::micro>(now - then).count();
            }
            seconds += std::chrono::duration<double>(now - from).count();
            asked += queries_.rows;
        } while (seconds < 0.25);
        std::sort(micros.begin(), micros.end());
        auto quantile = [&](double share) { return micros[std::max<size_t>(1, size_t(std::ceil(share * micros.size()))) - 1]; };
        return {asked / seconds, quantile(0.5), quantile(0.99)};
    }

    size_t queries() const { return queries_.rows; }

private:
    Index& index_;
    const Matrix& queries_;
    std::vector<float> furthest_;
    size_t k_;
};

// The lowest ef that reaches the target, or 0: doubling and bisection on a sample, then confirmed on all queries. The same procedure as WidthSearch of `index bench`.
class WidthSearch {
public:
    WidthSearch(Bench& bench, size_t least, size_t most) : bench_(bench), least_(least), most_(most) {}

    double recall(size_t ef) { return once(all_, ef, bench_.queries()); }
    double best() const {
        double best = 0;
        for (auto& [ef, recall] : all_) best = std::max(best, recall);
        return best;
    }

    size_t lowest(double target) {
        size_t ef = on_sample(target);
        while (recall(ef) < target) {
            if (ef == most_) return 0;
            ef = std::min(most_, ef + step(ef));
        }
        while (ef > least_ && recall(std::max(least_, ef - step(ef))) >= target) ef = std::max(least_, ef - step(ef));
        return ef;
    }

private:
    static size_t step(size_t ef) { return std::max<size_t>(1, ef / 64); }

    double once(std::map<size_t, double>& known, size_t ef, size_t queries) {
        auto at = known.find(ef);
        return at != known.end() ? at->second : known[ef] = bench_.recall(ef, queries);
    }

    size_t on_sample(double target) {
        size_t sample = std::min<size_t>(2000, bench_.queries()), reached = least_, missed = least_ - 1;
        while (once(sample_, reached, sample) < target) {
            if (reached == most_) return most_;
            missed = reached;
            reached = std::min(most_, 2 * reached);
        }
        while (reached - missed > step(reached)) {
            size_t middle = missed + (reached - missed) / 2;
            if (middle < least_) break;
            (once(sample_, middle, sample) >= target ? reached : missed) = middle;
        }
        return reached;
    }

    Bench& bench_;
    size_t least_, most_;
    std::map<size_t, double> sample_, all_;
};

static std::unique_ptr<Index> build(hnswlib::SpaceInterface<float>& space, const Matrix& base, size_t m, int threads) {
    auto index = std::make_unique<Index>(&space, base.rows, m, 200);
    index->addPoint(base.row(0), 0);
    std::atomic<size_t> next{1};
    std::vector<std::thread> workers;
    for (int t = 0; t < threads; t++)
        workers.emplace_back([&] { for (size_t i; (i = next++) < base.rows;) index->addPoint(base.row(i), i); });
    for (auto& worker : workers) worker.join();
    return index;
}

static std::vector<double> numbers(const std::string& text) {
    std::vector<double> result;
    std::stringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) result.push_back(std::stod(part));
    return result;
}

static std::string number(double value, const char* format) {
    char text[64];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

static int run(std::map<std::string, std::string> options) {
    auto option = [&](const char* name, const char* by_default = nullptr) {
        auto at = options.find(name);
        if (at == options.end() && !by_default) throw std::runtime_error(std::string(name) + " is missing");
        return at == options.end() ? std::string(by_default) : at->second;
    };
    Matrix base = read_npy(option("--base")), queries = read_npy(option("--queries"));
    auto truth = read_ivecs(option("--truth"));
    std::string metric = option("--metric"), file = option("--index");
    size_t k = std::stoul(option("--k", "10")), m = std::stoul(option("--m", "16"));
    if (truth.size() < queries.rows || truth[0].size() < k || base.columns != queries.columns) throw std::runtime_error("base, queries and truth do not fit together");
    if (metric == "cosine") normalise(base), normalise(queries);

    std::unique_ptr<hnswlib::SpaceInterface<float>> space;
    if (metric == "l2") space = std::make_unique<hnswlib::L2Space>(base.columns);
    else space = std::make_unique<hnswlib::InnerProductSpace>(base.columns);

    std::vector<float> furthest(queries.rows);
    for (size_t q = 0; q < queries.rows; q++) {
        float worst = -INFINITY;
        for (size_t i = 0; i < k; i++) worst = std::max(worst, space->get_dist_func()(queries.row(q), base.row(truth[q][i]), space->get_dist_func_param()));
        // Rounding: relative to the distance (l2) or to the terms that it is a difference of.
        furthest[q] = worst + 1e-6f * std::max(metric == "l2" ? 0.0f : 1.0f, std::fabs(worst));
    }

    std::unique_ptr<Index> index;
    std::string build_seconds = "null", load_seconds = "null";
    auto from = Clock::now();
    if (std::ifstream(file).good()) {
        index = std::make_unique<Index>(space.get(), file);
        load_seconds = number(seconds_since(from), "%.3f");
        std::ifstream(file + ".build_s") >> build_seconds;
    } else {
        index = build(*space, base, m, std::stoi(option("--threads", "2")));
        build_seconds = number(seconds_since(from), "%.1f");
        index->saveIndex(file);
        std::ofstream(file + ".build_s") << build_seconds << "\n";
    }
    base.data = {};
    double bytes = double(std::ifstream(file, std::ios::binary | std::ios::ate).tellg()) / double(index->cur_element_count);

    Bench bench(*index, queries, furthest, k);
    WidthSearch search(bench, k, 4096);
    struct Row { std::string target; size_t ef; double recall; std::vector<Round> rounds; };
    std::vector<Row> rows;
    if (options.count("--width"))
        for (double ef : numbers(options["--width"])) rows.push_back({"null", size_t(ef), search.recall(size_t(ef)), {}});
    else
        for (double target : numbers(option("--recall", "0.90,0.95,0.99"))) {
            size_t ef = search.lowest(target);
            rows.push_back({number(target, "%g"), ef, ef ? search.recall(ef) : search.best(), {}});
        }
    for (int round = 0; round < std::stoi(option("--rounds", "5")); round++)
        for (Row& row : rows)
            if (row.ef) row.rounds.push_back(bench.time(row.ef));

    std::ostringstream json;
    json << "{\"rows\":[";
    for (size_t i = 0; i < rows.size(); i++) {
        Row& row = rows[i];
        auto figure = [&](double Round::*member, const char* format) {
            std::vector<double> values;
            for (Round& round : row.rounds) values.push_back(round.*member);
            return values.empty() ? std::string("null") : number(median(values), format);
        };
        json << (i ? "," : "") << "\n{\"index\":\"hnswlib M=" << m << "\",\"target\":" << row.target << ",\"recall\":" << number(row.recall, "%.6f") << ",\"qps\":" << figure(&Round::qps, "%.1f")
             << ",\"p50_us\":" << figure(&Round::p50, "%.2f") << ",\"p99_us\":" << figure(&Round::p99, "%.2f") << ",\"build_s\":" << build_seconds << ",\"bytes_per_vector\":" << number(bytes, "%.1f")
             << ",\"width\":" << (row.ef ? std::to_string(row.ef) : "null") << ",\"load_s\":" << load_seconds << "}";
    }
    json << "\n]}\n";
    if (options.count("--json")) std::ofstream(options["--json"]) << json.str();
    else std::fputs(json.str().c_str(), stdout);
    return 0;
}

int main(int argc, char** argv) {
    try {
        std::map<std::string, std::string> options;
        for (int i = 1; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
        return run(options);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "hnsw: %s\n", e.what());
        return 1;
    }
}
