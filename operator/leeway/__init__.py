"""The operator: it reconciles TrainingJobs, ModelVersions and ModelDeployments into Jobs, pods and Services."""
