// A server of recsys.v1.RecommendationService/Recommend for known users, written as one would in C++ without us: gRPC's completion queues, ONNX Runtime, hnswlib. It measures what our server is worth (load-tests/peer.sh); it is no product.
//
// usage: peer --data FOLDER --ort libonnxruntime.so.1 --index FILE [--address 127.0.0.1:5401] [--ef 64] [--ef-file FILE] [--m 16] [--ef-construction 200] [--build-threads 2] [--build-only 1] [--threads 0]
// FOLDER is what `Benchmarks peer-data` wrote. The index is loaded from its file when that is there; otherwise it is built and saved to it. --threads 0: as many as the process has cores.
// Prints "ready ADDRESS" when it serves. SIGHUP reads --ef-file, a number, again; SIGTERM ends it.
#include <grpcpp/grpcpp.h>
#include <hnswlib/hnswlib.h>
#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "page_token.h"
#include "recsys/v1/recommendation_service.grpc.pb.h"
#include "tower.h"
#include "world.h"

using recsys::v1::RecommendationService;
using recsys::v1::RecommendRequest;
using recsys::v1::RecommendResponse;
using Index = hnswlib::HierarchicalNSW<float>;

// What one thread answers with. Nothing is shared but what is only read.
class Recommender {
public:
    Recommender(const World& world, const ort::Session& session, Index& index, uint64_t seed) : world_(world), tower_(session, world), index_(index), ids_(seed) {}

    grpc::Status answer(const RecommendRequest& request, RecommendResponse& response) {
        auto found = world_.user_by_id.find(request.user_id());
        if (found == world_.user_by_id.end()) return {grpc::StatusCode::NOT_FOUND, "the peer knows no strangers"};
        if (request.limit() < 0 || request.limit() > 1000) return {grpc::StatusCode::INVALID_ARGUMENT, "limit"};
        const User& user = world_.users[found->second];
        const size_t limit = request.limit() == 0 ? 10 : size_t(request.limit());

        const float* query = tower_.embed(user);
        // What was seen may be among the nearest: that many more are asked for. One more tells whether there is a next page.
        auto nearest = index_.searchKnn(query, limit + 1 + user.seen.size());
        hits_.clear();
        for (; !nearest.empty(); nearest.pop())
            if (std::find(user.seen.begin(), user.seen.end(), int32_t(nearest.top().second)) == user.seen.end()) hits_.emplace_back(1 - nearest.top().first, nearest.top().second);
        // The queue gives the furthest first.
        const size_t count = std::min(limit, hits_.size());
        for (size_t i = 0; i < count; i++) {
            const auto& hit = hits_[hits_.size() - 1 - i];
            auto* item = response.add_items();
            item->set_item_id(world_.items[hit.second]);
            item->set_score(hit.first);
            item->set_rank(int32_t(i + 1));
            item->set_source("towers");
            item->set_propensity(1);
            item->set_slot_type(recsys::v1::SLOT_TYPE_EXPLOIT);
        }
        response.set_served_by(recsys::v1::RUNG_USER_TOWER);
        response.set_model_version(world_.model_version);
        response.set_embedding_space_id(world_.space);
        if (request.request_id().empty()) write_id(*response.mutable_request_id());
        else response.set_request_id(request.request_id());
        response.set_policy(recsys::v1::EXPLORATION_POLICY_OFF);
        if (hits_.size() > count) token_.write(request, response);
        return grpc::Status::OK;
    }

private:
    void write_id(std::string& text) {
        static const char digits[] = "0123456789abcdef";
        text.resize(24);
        uint64_t bits[2] = {ids_(), ids_()};
        for (size_t i = 0; i < text.size(); i++) text[i] = digits[bits[i / 16] >> (i % 16 * 4) & 15];
    }

    const World& world_;
    Tower tower_;
    Index& index_;
    std::mt19937_64 ids_;
    PageToken token_;
    std::vector<std::pair<float, hnswlib::labeltype>> hits_;
};

// One call at a time in one place; messages keep their memory for the next one.
class Call {
public:
    Call(RecommendationService::AsyncService& service, grpc::ServerCompletionQueue& queue, Recommender& recommender) : service_(service), queue_(queue), recommender_(recommender) { wait(); }

    void proceed(bool ok) {
        if (is_answered_) {
            wait();
            return;
        }
        if (!ok) return;  // the server shuts down
        response_.Clear();
        grpc::Status status = recommender_.answer(request_, response_);
        is_answered_ = true;
        if (status.ok()) writer_->Finish(response_, status, this);
        else writer_->FinishWithError(status, this);
    }

private:
    void wait() {
        is_answered_ = false;
        writer_.reset();
        context_.emplace();
        writer_.emplace(&*context_);
        service_.RequestRecommend(&*context_, &request_, &*writer_, &queue_, &queue_, this);
    }

    RecommendationService::AsyncService& service_;
    grpc::ServerCompletionQueue& queue_;
    Recommender& recommender_;
    std::optional<grpc::ServerContext> context_;
    std::optional<grpc::ServerAsyncResponseWriter<RecommendResponse>> writer_;
    RecommendRequest request_;
    RecommendResponse response_;
    bool is_answered_ = false;
};

static std::unique_ptr<Index> open_index(const World& world, hnswlib::SpaceInterface<float>& space, const std::string& file, size_t m, size_t width, size_t threads) {
    if (std::ifstream(file).good()) return std::make_unique<Index>(&space, file);
    auto index = std::make_unique<Index>(&space, world.items.size(), m, width);
    std::atomic<size_t> next{0};
    std::vector<std::thread> builders;
    for (size_t t = 0; t < threads; t++)
        builders.emplace_back([&] {
            for (size_t row; (row = next++) < world.items.size();) index->addPoint(world.vectors.data() + row * world.dimension, row);
        });
    for (auto& builder : builders) builder.join();
    index->saveIndex(file + ".part");
    std::rename((file + ".part").c_str(), file.c_str());
    return index;
}

int main(int count, char** arguments) try {
    std::map<std::string, std::string> option = {{"--address", "127.0.0.1:5401"}, {"--ef", "64"}, {"--m", "16"}, {"--ef-construction", "200"}, {"--build-threads", "2"}, {"--threads", "0"}};
    for (int i = 1; i + 1 < count; i += 2) option[arguments[i]] = arguments[i + 1];
    for (const char* needed : {"--data", "--ort", "--index"})
        if (option[needed].empty()) throw std::runtime_error(std::string(needed) + " is missing");
    setenv("ORT_DISABLE_TELEMETRY", "1", 0);
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &stop, nullptr);

    World world(option["--data"]);
    hnswlib::InnerProductSpace space(world.dimension);
    auto index = open_index(world, space, option["--index"], std::stoul(option["--m"]), std::stoul(option["--ef-construction"]), std::stoul(option["--build-threads"]));
    if (option.count("--build-only")) return 0;
    index->setEf(std::stoul(option["--ef"]));
    ort::Api api(option["--ort"]);
    ort::Session session(api, world.tower);
    world.vectors = {};

    size_t threads = std::stoul(option["--threads"]);
    if (threads == 0) {
        cpu_set_t cores;
        sched_getaffinity(0, sizeof cores, &cores);
        threads = size_t(CPU_COUNT(&cores));
    }
    RecommendationService::AsyncService service;
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(option["--address"], grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service);
    std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
    for (size_t t = 0; t < threads; t++) queues.push_back(builder.AddCompletionQueue());
    auto server = builder.BuildAndStart();
    if (!server) throw std::runtime_error("cannot listen on " + option["--address"]);

    std::vector<std::thread> workers;
    for (size_t t = 0; t < threads; t++)
        workers.emplace_back([&, t] {
            Recommender recommender(world, session, *index, std::random_device()() + t);
            std::vector<std::unique_ptr<Call>> calls;
            for (int i = 0; i < 256; i++) calls.push_back(std::make_unique<Call>(service, *queues[t], recommender));
            void* tag;
            for (bool ok; queues[t]->Next(&tag, &ok);) static_cast<Call*>(tag)->proceed(ok);
        });
    std::string host = option["--address"].substr(0, option["--address"].rfind(':'));
    std::printf("ready %s:%d\n", host.c_str(), port);
    std::fflush(stdout);
    for (int signal; sigwait(&stop, &signal) == 0 && signal == SIGHUP;) {
        size_t ef;
        if (std::ifstream(option["--ef-file"]) >> ef) index->setEf(ef);
    }
    std::_Exit(0);
} catch (const std::exception& e) {
    std::fprintf(stderr, "peer: %s\n", e.what());
    return 1;
}
