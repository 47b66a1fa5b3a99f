// ONNX Runtime by its C API, loaded at run time. Only the members that the tower needs are named here, each at its slot of OrtApi (onnxruntime_c_api.h): the struct grows at its end only, so the slots below hold for every version from 1.20 on.
#pragma once
#include <dlfcn.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace ort {

struct ApiBase {
    const void* const* (*get_api)(uint32_t version);
    const char* (*get_version)();
};

constexpr int kFloat = 1, kInt64 = 7;

class Api {
public:
    explicit Api(const std::string& library) {
        void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (!handle) throw std::runtime_error(dlerror());
        auto base = reinterpret_cast<const ApiBase* (*)()>(dlsym(handle, "OrtGetApiBase"));
        if (!base) throw std::runtime_error(library + " is no ONNX Runtime");
        slots_ = base()->get_api(20);
        if (!slots_) throw std::runtime_error("ONNX Runtime 1.20 or later is needed");
        call<int, const char*, void**>(3, 3, "peer", &env_);
        call<void*>(6, env_);
    }

    // Calls the function at a slot that answers with a status.
    template <typename... Types>
    void call(int slot, Types... arguments) const {
        void* status = reinterpret_cast<void* (*)(Types...)>(const_cast<void*>(slots_[slot]))(arguments...);
        if (!status) return;
        std::string message = reinterpret_cast<const char* (*)(void*)>(const_cast<void*>(slots_[2]))(status);
        reinterpret_cast<void (*)(void*)>(const_cast<void*>(slots_[93]))(status);
        throw std::runtime_error("ONNX Runtime: " + message);
    }

    void* env() const { return env_; }

private:
    const void* const* slots_;
    void* env_ = nullptr;
};

// A session with one thread: requests are the parallelism.
class Session {
public:
    Session(const Api& api, const std::string& model) : api_(api) {
        void* options = nullptr;
        api.call<void**>(10, &options);
        api.call<void*, int>(22, options, 3);                    // errors only
        api.call<void*, int>(23, options, 99);                   // all graph optimisations
        api.call<void*, int>(24, options, 1);                    // intra-op threads
        api.call<void*, int>(25, options, 1);                    // inter-op threads
        api.call<void*, const char*, const char*>(130, options, "session.intra_op.allow_spinning", "0");
        api.call<void*, const char*, void*, void**>(7, api.env(), model.c_str(), options, &session_);
        api.call<int, int, void**>(69, 0, 0, &memory_);          // CPU memory of the caller
    }

    // A tensor over memory that the caller owns.
    void* tensor(void* data, size_t bytes, const int64_t* shape, size_t rank, int type) const {
        void* value = nullptr;
        api_.call<void*, void*, size_t, const int64_t*, size_t, int, void**>(49, memory_, data, bytes, shape, rank, type, &value);
        return value;
    }

    void run(const char* const* input_names, const void* const* inputs, size_t count, const char* const* output_names, void** outputs) const {
        api_.call<void*, const void*, const char* const*, const void* const*, size_t, const char* const*, size_t, void**>(9, session_, nullptr, input_names, inputs, count, output_names, size_t(1), outputs);
    }

private:
    const Api& api_;
    void* session_ = nullptr;
    void* memory_ = nullptr;
};

}  // namespace ort
